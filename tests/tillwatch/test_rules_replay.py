"""`rules replay` and `journal`: what was decided is decided again; a broken chain and another policy are told."""

import json
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from collector.database import opened, upgrade
from rules.given import policy
from tests.collector.test_reproduction import lived
from tillwatch import cli
from tillwatch.progress import Progress, line


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A random story, decided and committed."""
    file = tmp_path / "collector.db"
    made = opened(f"sqlite:///{file}")
    upgrade(made)
    lived(made)
    made.close()
    return file


def write(database: Path, statement: str) -> None:
    made = opened(f"sqlite:///{database}")
    with made.writing() as connection:
        connection.execute(text(statement))
    made.close()


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.main(list(map(str, arguments)))
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_journal_reproduces_what_was_decided(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "rules", "replay", "--journal", database)
    assert (code, err) == (0, "")
    assert "entries, decided by release 0.1.0, run again: compared were " in out
    assert out.endswith("every one is the same, byte for byte\n")
    code, out, _ = said(capsys, "rules", "replay", "--journal", f"sqlite:///{database}", "--json")
    found = json.loads(out)
    assert (code, found["differences"]) == (0, [])
    assert found["lines"] > 0


def test_a_row_that_the_rules_do_not_make_is_shown(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(database, "UPDATE outbox SET text = 'nothing' WHERE kind = 'open_ticket'")
    code, out, err = said(capsys, "rules", "replay", "--journal", database)
    assert code == 1
    assert "recorded: {'key'" in out
    assert err.endswith(" differ\n")


def test_a_broken_chain_is_named_by_every_command(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "journal", "verify", "--journal", database)[1].startswith("the hash chain of ")
    write(database, "UPDATE journal SET body = '{}' WHERE position = 7")
    export = tmp_path / "out.jsonl"
    for words in (["rules", "replay"], ["journal", "verify"], ["journal", "export", export]):
        code, _, err = said(capsys, *words, "--journal", database)
        assert code == 1
        assert "the hash chain is broken at position 7: expected hash " in err
    assert not export.exists()
    code, out, _ = said(capsys, "journal", "verify", "--journal", database, "--json")
    assert (code, json.loads(out)["position"]) == (1, 7)


def test_an_exported_journal_is_run_and_exported_again(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl"
    assert said(capsys, "journal", "export", first, "--journal", database)[0] == 0
    assert said(capsys, "journal", "export", second, "--journal", first)[0] == 0
    assert said(capsys, "journal", "export", second, "--journal", first)[2].endswith("b.jsonl: is there already\n")
    for file in (first, second):
        assert said(capsys, "journal", "verify", "--journal", file)[0] == 0
        code, out, _ = said(capsys, "rules", "replay", "--journal", file)
        assert (code, out.rpartition(": ")[2]) == (0, "the engine's rows at the end are the same\n")
    lines = second.read_text().splitlines()
    head = json.loads(lines[0]) | {"digest": "0"}
    second.write_text("\n".join([json.dumps(head), *lines[1:], ""]))
    code, out, _ = said(capsys, "rules", "replay", "--journal", second, "--json")
    assert (code, json.loads(out)["same"]) == (1, False)


def test_another_policy_is_compared(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "rules", "replay", "--journal", database, "--policy", "retail")
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines()[1:11]] == ["+0"] * 10
    document = policy.load("retail") | {"loss": [{"lost": 0.0, "priority": "P1"}]}
    other = tmp_path / "strict.yaml"
    other.write_text(yaml.safe_dump(document))
    code, out, _ = said(capsys, "rules", "replay", "--journal", database, "--policy", other)
    assert "what differs" in out
    assert "priority P3 → P1" in out
    found = json.loads(said(capsys, "rules", "replay", "--journal", database, "--policy", other, "--json")[1])
    assert found["other"]["p1"] > found["recorded"]["p1"]


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("nowhere.db", 2, "there is no such file; expected collector.yaml"),
        ("sqlite:////nowhere/x.db", 2, "there is no such database"),
        ("mysql://x", 2, "mysql is not supported"),
        ("postgresql://127.0.0.1:1/x", 1, "127.0.0.1"),
    ],
)
def test_a_journal_that_is_not_there_is_one_line(
    name: str, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = said(capsys, "journal", "verify", "--journal", name)
    assert found[0] == code
    assert told in found[2]
    assert not Path(name).exists()


def test_an_old_database_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "collector.db"
    opened(f"sqlite:///{file}").close()
    write(file, "CREATE TABLE something (x)")
    code, _, err = said(capsys, "rules", "replay", "--journal", file)
    assert code == 2
    assert "is at revision None, this release at " in err


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_is_a_line_that_is_written_over_and_gone_at_the_end() -> None:
    now = [0.0]
    stream = Terminal()
    with Progress(100, "entries", stream, lambda: now[0]) as progress:
        for done in range(1, 101):
            now[0] += 0.1
            progress.tell(done)
    assert stream.text.startswith("\r███")
    assert "11%  11 of 100 entries, 0:09 left" in stream.text
    assert stream.text.endswith("\r\x1b[K")
    assert line(0, 0, 1.0, "entries").endswith("100%  0 of 0 entries, 0:00 left")
