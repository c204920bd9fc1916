"""The command line of the collector, run as people run it."""

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from collector.database import Database, letters
from collector.database.letters import Letter
from tests.collector import chain, mosquitto
from tillwatch.commands import collector, dead_letters


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> str:
    (tmp_path / "cmdb.yaml").write_text(chain.CMDB)
    (tmp_path / "collector.yaml").write_text(chain.text(sqlite_url, 1))
    return str(tmp_path / "collector.yaml")


def run(module: object, *words: str) -> int:
    parser = argparse.ArgumentParser()
    module.arguments(parser)  # type: ignore[attr-defined]
    return int(module.run(parser.parse_args(words)))  # type: ignore[attr-defined]


def test_migrate_says_from_where_to_where(config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(collector, "migrate", "--config", config) == 0
    (tmp_path / "collector.db").unlink()
    assert run(collector, "migrate", "--config", config) == 0
    assert capsys.readouterr().out == "at revision 0004\nfrom revision none to 0004\n"


def test_backup_and_restore_refuse_to_overwrite(
    config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = str(tmp_path / "copy")
    assert run(collector, "backup", "--config", config, copy) == 0
    assert run(collector, "backup", "--config", config, copy) == 1
    assert run(collector, "restore", "--config", config, copy) == 1
    assert "--replace" in capsys.readouterr().err
    assert run(collector, "restore", "--config", config, copy, "--replace") == 0


def test_a_wrong_configuration_is_told_and_ends_with_2(
    config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "cmdb.yaml").write_text("stores: [{id: Leeds}]")
    assert run(collector, "run", "--config", config) == 2
    assert "stores[0].id: found 'Leeds'" in capsys.readouterr().err
    assert run(dead_letters, "list", "--config", str(tmp_path / "none.yaml")) == 2
    assert "none.yaml: No such file" in capsys.readouterr().err


def test_dead_letters_are_listed_shown_and_retried(
    config: str, capsys: pytest.CaptureFixture[str], sqlite_database: Database
) -> None:
    with sqlite_database.writing() as connection:
        many = [Letter(0.0, "garbage", "\x1b[2Jno", "t", b"\x00\x1b"), Letter(0.0, "bomb", "big", "t", bytes(70_000))]
        letters.keep(connection, many, {"garbage": 3, "bomb": 1})
    assert run(dead_letters, "list", "--config", config) == 0
    out = capsys.readouterr().out
    assert "garbage: 3 in all" in out
    assert "1970-01-01T00:00:00Z" in out
    assert "\x1b" not in out
    assert run(dead_letters, "list", "--config", config, "--json", "--limit", "1") == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["totals"], [item["id"] for item in listed["items"]]) == ({"bomb": 1, "garbage": 3}, [2])
    assert run(dead_letters, "show", "--config", config, "1") == 0
    shown = capsys.readouterr().out
    assert "payload: \\x00\\x1b\n" in shown
    assert run(dead_letters, "retry", "--config", config, "1") == 0
    assert run(dead_letters, "retry", "--config", config, "2") == 1
    assert run(dead_letters, "show", "--config", config, "9") == 1
    assert capsys.readouterr().err.endswith("there is no dead letter 9\n")


def test_run_serves_reads_its_documents_again_when_told_and_ends_when_told(tmp_path: Path, sqlite_url: str) -> None:
    with mosquitto.broker(tmp_path) as port:
        (tmp_path / "cmdb.yaml").write_text(chain.CMDB)
        (tmp_path / "collector.yaml").write_text(chain.text(sqlite_url, port))
        words = ["collector", "run", "--config", str(tmp_path / "collector.yaml")]
        process = subprocess.Popen([sys.executable, "-c", RUN, *words], stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "leading with term" in line:
                (tmp_path / "cmdb.yaml").write_text("stors: []\n")
                process.send_signal(signal.SIGHUP)
            if "policy and CMDB stay as they were" in line:
                break
        assert "stors: unknown key; did you mean 'stores'?" in lines[-1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, lines
        process.stderr.close()


RUN = """
import argparse, sys
from tillwatch.commands import collector
parser = argparse.ArgumentParser()
collector.arguments(parser)
sys.exit(collector.run(parser.parse_args(sys.argv[2:])))
"""
