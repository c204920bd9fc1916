"""`rules` and `cmdb` check files without a server: every mistake is told, and nothing else."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert

from collector.database import opened, upgrade
from collector.database.tables import engine_rows
from rules.given import policy
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


CMDB_TO_CHECK = """\
stores: [{id: "0042", agents: [a]}]
items:
  - {id: pos-01, store: "0042", class: pos_terminal}
  - {id: f-01, store: "0042", class: jukebox}
  - {id: r-01, store: "0042", class: router, depends_on: [r-02]}
  - {id: r-02, store: "0042", class: router, depends_on: [r-01]}
"""


def test_what_is_hardly_meant_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = str(policy.SHIPPED / "retail.yaml")
    cmdb = tmp_path / "cmdb.yaml"
    cmdb.write_text(CMDB_TO_CHECK)
    assert cli.main(["rules", "check", shipped, "--cmdb", str(cmdb)]) == 1
    told = capsys.readouterr().out
    assert f"{cmdb}:4: doubt: no matcher covers class 'jukebox'" in told
    assert f"{cmdb}:5: doubt: a cycle: 0042/r-01 → 0042/r-02 → 0042/r-01" in told
    assert ": note: matches no item of the CMDB: class ups, power, pdu → power" in told
    assert told.endswith(f"{shipped}: a policy, hardly meant so\n")
    cmdb.write_text("\n".join(CMDB_TO_CHECK.splitlines()[:3]))
    assert cli.main(["rules", "check", shipped, "--cmdb", str(cmdb)]) == 0
    assert ": doubt: " not in capsys.readouterr().out


def test_a_shadowed_matcher_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    text = (policy.SHIPPED / "retail.yaml").read_text()
    file.write_text(text.replace("categorise:\n", "categorise:\n  - {class: [router], category: host}\n"))
    line = 1 + next(at for at, one in enumerate(file.read_text().splitlines()) if "network_switch, router" in one)
    assert cli.main(["rules", "check", str(file)]) == 1
    assert f"{file}:{line}: doubt: 'router' never gets here: categorise[0] takes it first\n" in capsys.readouterr().out
    assert cli.main(["rules", "check", str(file), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["mistakes"], found["doubts"][0]["level"]) == ("policy", [], "doubt")


def test_windows_of_a_collector_are_checked_for_overlaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = opened(f"sqlite:///{tmp_path}/collector.db")
    upgrade(database)
    told = {"kind": "maintenance", "since": 0.0, "until": 9.0, "reason": "work", "actor": "ann", "stores": ["0042"]}
    bodies = [(one, json.dumps(told | {"id": one}).encode()) for one in ("a", "b")]
    with database.writing() as connection:
        connection.execute(insert(engine_rows), [{"name": "windows", "key": key, "body": body} for key, body in bodies])
    database.close()
    shipped = str(policy.SHIPPED / "retail.yaml")
    assert cli.main(["rules", "check", shipped, "--windows", f"{tmp_path}/collector.db"]) == 1
    assert "maintenance a (work, by ann) and maintenance b (work, by ann) overlap on 0042" in capsys.readouterr().out


def test_a_scenario_takes_no_other_cmdb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SCENARIO)
    assert cli.main(["rules", "check", str(file), "--cmdb", str(file)]) == 2
    assert "a scenario has a CMDB of its own" in capsys.readouterr().err
