"""The command line finds its commands, imports only the one asked for, and fails in one line with the right code."""

import subprocess
import sys
from pathlib import Path

import pytest

from tillwatch import cli


def python(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", cli.command_names())
def test_every_command_has_its_name_help_and_arguments(name: str) -> None:
    """A command's NAME is its file's, its HELP can be read without importing it, and --help works."""
    command = cli.load(name)
    assert name == command.NAME
    assert cli.summary(name) == command.HELP
    assert len(command.HELP) > 10
    assert cli.main([name, "--help"]) == 0


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in cli.command_names())


def test_help_imports_no_command() -> None:
    """The overview must work where a command's libraries are not installed."""
    code = (
        "import sys; from tillwatch.cli import main; main(['--help']);"
        "sys.exit(any(m.startswith('tillwatch.commands') for m in sys.modules))"
    )
    assert python(code).returncode == 0


def test_a_client_command_stays_light() -> None:
    """Asking the collector a question loads neither the collector nor any library it needs."""
    code = (
        "import sys; from tillwatch.cli import main; main(['incidents', '--url', 'http://127.0.0.1:1']);"
        "heavy = {'aiohttp', 'sqlalchemy', 'paho', 'prometheus_client', 'amqtt', 'collector', 'edge_agent', 'probes'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert python(code).stdout.strip() == "[]"


def test_an_agent_that_only_pings_and_connects_stays_light(tmp_path: Path) -> None:
    """The command line brings nothing into an agent's process that its checks do not need."""
    file = tmp_path / "agent.yaml"
    file.write_text(
        "{store: s, agent: a, broker: {url: 'mqtt://127.0.0.1:1'},"
        " checks: [{ci: x, probe: tcp, target: '127.0.0.1:1'}, {ci: x, probe: host}]}"
    )
    code = (
        f"import sys; from tillwatch.cli import main; assert main(['agent', 'config', '--config', {str(file)!r}]) == 0;"
        "heavy = {'aiohttp', 'sqlalchemy', 'prometheus_client', 'pysnmp', 'amqtt', 'collector', 'rules'};"
        "print('loaded:', sorted(heavy & set(sys.modules)))"
    )
    assert python(code).stdout.splitlines()[-1] == "loaded: []"


MISTAKES = [
    ("incident", 2, "tillwatch: there is no command 'incident'; did you mean 'incidents'? (see tillwatch --help)"),
    ("zzz", 2, "tillwatch: there is no command 'zzz' (see tillwatch --help)"),
    ("why", 2, "tillwatch why: the following arguments are required: STORE[/CI] (see tillwatch why --help)"),
    ("stores --url ftp://x", 2, "--url: found 'ftp://x', expected an address such as http://127.0.0.1:8420"),
    ("stores --url http://127.0.0.1:1", 1, "tillwatch stores: no collector at 127.0.0.1:1: Connection refused"),
    ("stores --token-file /no/token", 2, "tillwatch stores: [Errno 2] No such file or directory: '/no/token'"),
    (
        "incidents create --category other --ci 1 --title x --service checkout",
        2,
        "tillwatch incidents: unrecognized arguments: --service checkout (see tillwatch incidents --help)",
    ),
    ("why 1 --at noon", 2, "--at: found 'noon', expected an instant such as 2026-11-27T09:00:00Z or 10m ago"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), MISTAKES)
def test_a_mistake_is_one_line_and_a_code(
    arguments: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments.split()) == code
    told = capsys.readouterr().err
    assert told.endswith(f"{said}\n")
    assert told.count("\n") == 1


def test_no_command_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: tillwatch COMMAND" in capsys.readouterr().out


def test_a_reader_that_has_enough_is_no_failure() -> None:
    shell = f"set -o pipefail; {sys.executable} -m tillwatch --help | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_and_option_is_documented() -> None:
    """docs/cli.md names every command, subcommand and option that the parsers know."""
    page = (Path(cli.__file__).parents[1] / "docs" / "cli.md").read_text()
    missing = [
        f"{name} {word}"
        for name in cli.command_names()
        for word in sorted(_words(cli.parser_of(name, cli.load(name))))
        if f"`{word}" not in _section(page, name)
    ]
    assert missing == []


def _words(parser: "cli.argparse.ArgumentParser") -> set[str]:
    words: set[str] = set()
    for action in parser._actions:  # argparse offers no other way to list what it knows
        words |= {option for option in action.option_strings if option.startswith("--") and option != "--help"}
        for name, sub in (action.choices or {}).items() if isinstance(action.choices, dict) else ():
            words |= {name} | _words(sub)
    return words


def _section(page: str, name: str) -> str:
    """The part of the page under the command's heading, with what is said of all client commands."""
    start = page.find(f"\n## tillwatch {name}\n")
    if start < 0:
        return ""
    end = page.find("\n## ", start + 4)
    client = (
        page.split("\n## Client commands\n")[1].split("\n## ", maxsplit=1)[0]
        if "\n## Client commands\n" in page
        else ""
    )
    return client + page[start : end if end > 0 else None]
