"""The demo's faults as data: what breaks, and which incidents must come of it. Read from demo/scenarios.yaml."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from contract.documents import DocumentError, Mistake, convert, load, text_of
from contract.results import CheckKey
from contract.units import Duration
from tillwatch.demo.device import Mode

FILE = Path(__file__).parent / "scenarios.yaml"
Priority = Literal["P1", "P2", "P3"]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that breaks, `after` the one before it. Of `devices`, `line` and `stores` exactly one is given.

    `devices` (patterns) `become` stopped, hung or slow, or answer with what they now `says`. `stores` is how many
    simulated stores find `check` critical, with `text`.
    """

    devices: list[str] = []
    become: Mode | None = None
    says: dict[str, Any] = {}
    line: Literal["cut"] | None = None
    stores: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    check: CheckKey | None = None
    text: str = "timed out"
    after: Duration = Duration(0)


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An incident that must open at this priority, and resolve when all is mended. Counts are lower bounds."""

    ci: str
    category: str
    priority: Priority
    stores: int = 0
    symptoms: int = 0


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    faults: Annotated[list[Fault], msgspec.Meta(min_length=1)]
    expect: Annotated[list[Expected], msgspec.Meta(min_length=1)]


class Act(NamedTuple):
    name: str
    scenario: Scenario


def read(devices: list[str], file: Path = FILE) -> dict[str, Scenario]:
    """All scenarios by name, in the file's order, for a store with `devices`. Raises DocumentError."""
    loaded = load(text_of(file), str(file))
    scenarios: dict[str, Scenario] = convert(loaded, dict[str, Scenario], str(file))
    mistakes = [
        Mistake(loaded.lines.get(path, 0), path, text)
        for name, scenario in scenarios.items()
        for at, fault in enumerate(scenario.faults)
        for path, text in _mistakes(f"{name}.faults[{at}]", fault, devices)
    ]
    if mistakes:
        raise DocumentError(str(file), mistakes)
    return scenarios


def fewer_stores(scenario: Scenario, stores: int) -> Scenario:
    """The same for a chain that has only so many simulated stores; the watched store is one more."""
    replace = msgspec.structs.replace
    faults = [replace(fault, stores=min(fault.stores, stores)) for fault in scenario.faults]
    return replace(
        scenario,
        faults=[fault for fault in faults if fault.devices or fault.line or fault.stores],
        expect=[replace(one, stores=min(one.stores, stores + 1)) for one in scenario.expect],
    )


def chosen(devices: list[str], patterns: list[str]) -> list[str]:
    return [name for name in devices if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _mistakes(path: str, fault: Fault, devices: list[str]) -> list[tuple[str, str]]:
    if [bool(fault.devices), bool(fault.line), fault.stores > 0].count(True) != 1:
        return [(path, "expected exactly one of devices, line and stores")]
    if fault.devices and not (fault.become or fault.says):
        return [(path, "expected what the devices become, or what they say")]
    if fault.stores and not fault.check:
        return [(path, "expected the check that fails in these stores")]
    return [
        (f"{path}.devices[{at}]", f"found {pattern!r}, expected one of {', '.join(devices)}")
        for at, pattern in enumerate(fault.devices)
        if not chosen(devices, [pattern])
    ]
