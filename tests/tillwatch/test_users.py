"""`tillwatch users` through its command module, on real files."""

import argparse
from pathlib import Path

import pytest

from collector import auth
from tillwatch.commands import users


def ran(*words: str) -> int:
    parser = argparse.ArgumentParser()
    users.arguments(parser)
    return users.run(parser.parse_args(words))


def test_a_person_who_was_added_is_known_by_the_token_that_was_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "users.yaml"
    assert ran("add", "maria", "--role", "operate", "--region", "north", "--file", str(path)) == 0
    token = capsys.readouterr().out.strip()
    assert token not in path.read_text()
    assert auth.load(path).bearer_of(token) == auth.Person("maria", "operate", frozenset({"north"}))
    assert path.stat().st_mode & 0o077 == 0


def test_adding_keeps_what_people_wrote(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(f"# the night shift\nusers:\n  - {{name: otto, role: admin, token_sha256: {'a' * 64}}}\n")
    assert ran("add", "vera", "--file", str(path)) == 0
    assert "# the night shift" in path.read_text()
    assert ran("list", "--file", str(path)) == 0


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("otto", "users:\n  - {name: otto, role: view, token_sha256: " + "a" * 64 + "}\n", "the same as users[0].name"),
        ("a b", "users:\n", "users[0].name: found 'a b', expected str matching regex"),
        ("vera", "users: [}\n", "not YAML"),
    ],
)
def test_a_mistake_leaves_the_file_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, message: str
) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(text)
    assert ran("add", name, "--file", str(path)) == 2
    assert message in capsys.readouterr().err
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]
