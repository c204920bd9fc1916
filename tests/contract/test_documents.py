"""A file that a person wrote is read strictly, and every mistake in it is told at once, with what to do about it."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from contract.documents import DocumentError, parse, read
from contract.units import Duration, Size


class Broker(msgspec.Struct, frozen=True):
    url: str
    password_file: str | None = None


class Check(msgspec.Struct, frozen=True):
    ci: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}\Z")]
    probe: Literal["tcp", "http"] = "tcp"
    interval: Duration = Duration(15)
    settings: dict[str, int | str] = {}


class Config(msgspec.Struct, frozen=True):
    store: str
    broker: Broker | None = None
    size: Size = Size(1024)
    confirm: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2
    checks: Annotated[list[Check], msgspec.Meta(max_length=3)] = []
    hours: dict[str, Duration] = {}


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as error:
        parse(text, Config, "agent.yaml")
    return str(error.value).splitlines()


def test_a_document_without_mistakes_is_typed() -> None:
    config = parse(
        "store: '0042'\nbroker: {url: mqtt://b}\nsize: 64KiB\nchecks: [{ci: pos-01, interval: 1m}]\nhours: {mon: 8h}\n",
        Config,
        "agent.yaml",
    )
    assert config == Config(
        store="0042",
        broker=Broker("mqtt://b"),
        size=Size(65_536),
        checks=[Check("pos-01", interval=Duration(60))],
        hours={"mon": Duration(28_800)},
    )


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["agent.yaml: store: missing"]),
        ("stor: '1'", ["agent.yaml:1: stor: unknown key; did you mean 'store'?", "agent.yaml:1: store: missing"]),
        (
            "store: '1'\nzzz: 1",
            ["agent.yaml:2: zzz: unknown key; known here: store, broker, size, confirm, checks, hours"],
        ),
        ("store: 42", ["agent.yaml:1: store: found 42, expected str, got int; put it in quotes"]),
        ("store: '1'\nconfirm: 0", ["agent.yaml:2: confirm: found 0, expected int >= 1"]),
        ("store: '1'\nconfirm: true", ["agent.yaml:2: confirm: found True, expected int, got bool"]),
        (
            "store: '1'\nbroker: mqtt://b",
            ["agent.yaml:2: broker: found 'mqtt://b', expected a mapping with url, password_file"],
        ),
        ("store: '1'\nbroker: {}", ["agent.yaml:2: broker.url: missing"]),
        (
            "store: '1'\nbroker: {url: x, pasword_file: y}",
            ["agent.yaml:2: broker.pasword_file: unknown key; did you mean 'password_file'?"],
        ),
        ("store: '1'\nsize: 64", ["agent.yaml:2: size: found 64, expected a size such as 64KiB or 256MiB"]),
        (
            "store: '1'\nchecks:\n  - {ci: a}\n  - ci: b\n    interval: 15\n",
            ["agent.yaml:5: checks[1].interval: found 15, expected a duration such as 15s, 10m or 72h"],
        ),
        (
            "store: '1'\nchecks:\n  - {ci: A}",
            [r"agent.yaml:3: checks[0].ci: found 'A', expected str matching regex '^[a-z0-9-]{1,63}\\Z'"],
        ),
        (
            "store: '1'\nchecks:\n  - {ci: a, probe: tpc}",
            ["agent.yaml:3: checks[0].probe: found 'tpc', expected one of tcp, http; did you mean 'tcp'?"],
        ),
        (
            "store: '1'\nchecks:\n  - {ci: a, probe: tcq2}\n",
            ["agent.yaml:3: checks[0].probe: found 'tcq2', expected one of tcp, http"],
        ),
        ("store: '1'\nchecks: {ci: a}", ["agent.yaml:2: checks: found {'ci': 'a'}, expected array, got object"]),
        (
            "store: '1'\nchecks: [{ci: aaaaaa}, {ci: bbbbb}, {ci: ccccccc}, {ci: dddddd}]",
            ["agent.yaml:2: checks: found a list of 4, expected array of length <= 3"],
        ),
        (
            "store: '1'\nhours: {mon: 8}",
            ["agent.yaml:2: hours.mon: found 8, expected a duration such as 15s, 10m or 72h"],
        ),
        ("store: '1'\nstore: '2'", ["agent.yaml:2: store: written twice, first in line 1"]),
        ("store: '1'\n[a, b]: 1", ["agent.yaml:2: a key must be plain text"]),
        ("- 1", ["agent.yaml:1: found [1], expected a mapping with store, broker, size, confirm, checks, hours"]),
        (
            "just text",
            ["agent.yaml:1: found 'just text', expected a mapping with store, broker, size, confirm, checks, hours"],
        ),
        ("store: '1\n", ["agent.yaml:2: not YAML: found unexpected end of stream"]),
        ("store: 1: 2", ["agent.yaml:1: not YAML: mapping values are not allowed in this context"]),
        ("store: !run x", ["agent.yaml:1: not YAML: could not determine a constructor for the tag '!run'"]),
        ("a: 1\n---\nb: 2\n", ["agent.yaml:2: not YAML: but found another document"]),
        ("store: 2026-13-45", ["agent.yaml:1: store: found 2026-13-45: month must be in 1..12"]),
        ("store: &a [*a]", ["agent.yaml: not YAML: its aliases make it too large"]),
    ],
)
def test_a_mistake_is_told_with_its_place_what_was_found_and_what_was_expected(text: str, messages: list[str]) -> None:
    assert mistakes(text) == messages


def test_every_mistake_is_told_at_once() -> None:
    assert mistakes("confirm: 99\nchecks:\n  - {probe: x}\n  - {ci: b, intervall: 3s}\n") == [
        "agent.yaml:1: store: missing",
        "agent.yaml:1: confirm: found 99, expected int <= 10",
        "agent.yaml:3: checks[0].ci: missing",
        "agent.yaml:3: checks[0].probe: found 'x', expected one of tcp, http",
        "agent.yaml:4: checks[1].intervall: unknown key; did you mean 'interval'?",
    ]


def test_what_is_not_a_file_of_text_is_a_mistake_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"store: Caf\xe9")
    for name, message in [
        ("nowhere", "No such file or directory"),
        (".", "Is a directory"),
        ("latin", "not UTF-8 text: unexpected end of data"),
    ]:
        path = tmp_path / name
        with pytest.raises(DocumentError) as error:
            read(path, Config)
        assert str(error.value) == f"{path}: {message}"


def test_a_long_value_is_cut_in_the_message() -> None:
    [message] = mistakes(f"store: ['{'x' * 500}']")
    assert len(message) < 150


@pytest.mark.parametrize("depth", [51, 500, 100_000])
def test_deep_nesting_is_a_mistake_and_no_crash(depth: int) -> None:
    assert mistakes(f"store: {'[' * depth}{']' * depth}") == ["agent.yaml: not YAML: nested deeper than 50 levels"]


def test_aliases_are_read_and_cannot_make_a_small_file_large() -> None:
    twice = parse("store: &s '1'\nchecks: [&c {ci: a}, *c]\nbroker: {url: *s}\n", Config, "agent.yaml")
    assert twice.checks == [Check("a"), Check("a")]
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    assert mistakes("\n".join(lines)) == ["agent.yaml: not YAML: its aliases make it too large"]


class Process(msgspec.Struct, frozen=True):
    name: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        if not self.name and not self.command:
            raise ValueError("expected a name or a command")


class Host(msgspec.Struct, frozen=True):
    first: list[Process] = []
    bounded: Annotated[list[Process], msgspec.Meta(max_length=4)] = []


@pytest.mark.parametrize("key", ["first", "bounded"])
def test_what_a_value_says_of_itself_as_a_whole_is_told_at_its_place(key: str) -> None:
    with pytest.raises(DocumentError) as error:
        parse(f"{key}:\n  - {{name: a}}\n  - {{}}\n", Host, "agent.yaml")
    assert str(error.value) == f"agent.yaml:3: {key}[1]: expected a name or a command"
