"""`rules` and `cmdb` check files without a server: every mistake is told, and nothing else."""

import json
from pathlib import Path

import pytest

from rules import policy
from tillwatch import cli

SCENARIO = """\
name: one till
rule: "7"
cmdb:
  stores: [{id: "0042", agents: [a]}]
  items: [{id: pos-01, store: "0042", class: pos_terminal, provides: [checkout], group: lanes}]
steps:
  - {at: 0s, checks: {a: {pos-01/tcp: ok}}, expect: []}
  - {at: 1m, checks: {a: {pos-01/tcp: critical}}}
  - {at: 2m, expect: [{ci: 0042/pos-01, priority: P1}]}
"""


def test_a_policy_and_a_scenario_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SCENARIO)
    assert cli.main(["rules", "check", str(file)]) == 0
    assert cli.main(["rules", "check", str(policy.SHIPPED / "retail.yaml")]) == 0
    assert [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "a scenario, fine",
        "a policy, fine",
    ]


def test_mistakes_of_a_scenario_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SCENARIO.replace("priority: P1", "prority: P1").replace("rule:", "role:"))
    assert cli.main(["rules", "check", str(file)]) == 2
    told = capsys.readouterr().err
    assert f"{file}:2: role: unknown key; did you mean 'rule'?" in told
    assert "prority: unknown key; did you mean 'priority'?" in told


def test_scenarios_are_played_and_a_difference_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "right.yaml").write_text(SCENARIO)
    assert cli.main(["rules", "test", str(tmp_path)]) == 0
    assert "1 of 1 scenarios as expected" in capsys.readouterr().out
    (tmp_path / "wrong.yaml").write_text(SCENARIO.replace("priority: P1", "priority: P3"))
    assert cli.main(["rules", "test", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "wrong.yaml: differs" in told
    assert "  step 3: " in told
    assert "1 of 2 scenarios as expected" in told
    assert cli.main(["rules", "test", str(tmp_path), "--json"]) == 1
    failures = json.loads(capsys.readouterr().out)
    assert failures[str(tmp_path / "right.yaml")] == []
    assert failures[str(tmp_path / "wrong.yaml")][0]["step"] == 3


def test_a_folder_without_scenarios_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rules", "test", str(tmp_path)]) == 2
    assert "no scenario files" in capsys.readouterr().err


def test_a_cmdb_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cmdb.yaml"
    file.write_text('stores: [{id: "0042"}]\nitems: [{id: pos-01, store: "0042", class: pos_terminal}]\n')
    assert cli.main(["cmdb", "check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: fine; stores: 1, items: 1\n"
    file.write_text('stores: [{id: "0042"}]\nitems:\n  - {id: pos-01, store: "0043", class: pos_terminal}\n')
    assert cli.main(["cmdb", "check", str(file)]) == 2
    assert f"{file}:3: items[0].store: " in capsys.readouterr().err
