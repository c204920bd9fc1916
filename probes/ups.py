"""What a UPS says in whichever dialects it speaks, as one set of facts, and what they mean for the store. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

import msgspec

from contract.status import Status
from probes.findings import Finding, above
from probes.snmp_values import Value, number
from probes.ups_dialects import DIALECTS, Battery, Dialect, Output, Scaled

_OUTPUT: dict[Output, tuple[Status, str]] = {
    "mains": (Status.OK, ""),
    "battery": (Status.CRITICAL, "no mains: running on its battery"),
    "bypass": (Status.WARNING, "on bypass: the load is not protected"),
    "off": (Status.CRITICAL, "its output is off"),
    "overload": (Status.CRITICAL, "overloaded"),
    "fault": (Status.CRITICAL, "a hardware fault: on bypass, the load is not protected"),
    "unknown": (Status.UNKNOWN, "it does not know what feeds its output"),
}
_BATTERY: dict[Battery, tuple[Status, str]] = {
    "good": (Status.OK, ""),
    "low": (Status.CRITICAL, "the battery is low"),
    "empty": (Status.CRITICAL, "the battery is empty"),
    "fault": (Status.CRITICAL, "the battery is missing or faulty"),
    "unknown": (Status.UNKNOWN, "it does not know the state of its battery"),
}


class Limits(msgspec.Struct, frozen=True):
    """Charge and load in %, runtime in seconds; None is not judged."""

    charge_warning: float | None
    charge_critical: float | None
    runtime_warning: float | None
    runtime_critical: float | None
    load_warning: float | None
    load_critical: float | None


class Ups(msgspec.Struct, frozen=True, kw_only=True):
    """`output` and `battery` None: nothing that it speaks says so. `charge` and `load` in %, the times in seconds."""

    dialects: tuple[str, ...] = ()
    output: Output | None = None
    battery: Battery | None = None
    charge: float | None = None
    runtime: float | None = None
    on_battery: float | None = None
    load: float | None = None
    worn: bool = False
    complaints: int = 0

    @property
    def values(self) -> dict[str, float]:
        found = {"charge_percent": self.charge, "runtime_s": self.runtime, "load_percent": self.load}
        return {name: round(value, 1) for name, value in found.items() if value is not None}


def facts(values: Mapping[str, Value]) -> Ups:
    """The worst of what each dialect says of output and battery, and the first that each measure is in.

    >>> facts({"1.3.6.1.2.1.33.1.4.1.0": 5, "1.3.6.1.2.1.33.1.2.3.0": 7}).runtime
    420.0
    """
    spoken = [dialect for dialect in DIALECTS if any(oid in values for oid in dialect.oids)]
    outputs = {_coded(values, one.output, one.outputs) for one in spoken}
    batteries = {_coded(values, one.battery, one.batteries) for one in spoken}
    return Ups(
        dialects=tuple(dialect.name for dialect in spoken),
        output=next((word for word in get_args(Output) if word in outputs), None),
        battery=next((word for word in get_args(Battery) if word in batteries), None),
        charge=_percent(_first(values, (one for dialect in spoken for one in dialect.charge))),
        runtime=_first(values, (dialect.runtime for dialect in spoken)),
        on_battery=_first(values, (dialect.on_battery for dialect in spoken)),
        load=_first(values, (one for dialect in spoken for one in dialect.load)),
        worn=any(values.get(dialect.replace) == 2 for dialect in spoken),
        complaints=_complaints(values, spoken),
    )


def findings(ups: Ups, limits: Limits) -> list[Finding]:
    """
    >>> findings(Ups(output="bypass", battery="good"), Limits(None, None, None, None, None, None))
    [Finding(status=<Status.WARNING: 1>, text='on bypass: the load is not protected')]
    """
    if ups.output is None and ups.battery is None and not ups.values:
        return [Finding(Status.UNKNOWN, "it answers, but in no dialect of a UPS that is known here")]
    output = _output(ups)
    found = [_OUTPUT[output]] if output else []
    found += [_BATTERY[ups.battery]] if ups.battery else []
    out = [Finding(status, text) for status, text in found if status is not Status.OK]
    out += _below("the charge is", ups.charge, "%", limits.charge_warning, limits.charge_critical)
    out += _below("it lasts", ups.runtime, "s", limits.runtime_warning, limits.runtime_critical)
    if ups.load is not None:
        out += above("the load is", ups.load, "%", limits.load_warning, limits.load_critical)
    if ups.worn:
        out.append(Finding(Status.WARNING, "the battery needs to be replaced"))
    if ups.complaints and not out:  # otherwise it is most likely one of these
        out.append(Finding(Status.WARNING, f"it reports {ups.complaints} conditions of its own"))
    return out


def _output(ups: Ups) -> Output | None:
    """A device that does not say what feeds its output may still count the seconds since the mains went."""
    return "battery" if ups.output in (None, "unknown") and ups.on_battery else ups.output


def _coded(values: Mapping[str, Value], oid: str, words: Sequence[str]) -> str | None:
    code = values.get(oid)
    if code is None:
        return None
    return words[code - 1] if isinstance(code, int) and 1 <= code <= len(words) else "unknown"


def _first(values: Mapping[str, Value], places: Iterable[Scaled]) -> float | None:
    """A time on the wire is in seconds here already, also where the standard asks for minutes. Below 0: not known."""
    for place in places:
        found = values.get(place.oid)
        as_number = number(found)
        if as_number is not None and as_number >= 0:
            return as_number if isinstance(found, float) else float(as_number * place.factor)
    return None


def _percent(charge: float | None) -> float | None:
    """Some give tenths where the MIB asks for whole percents: nothing holds more than all of its charge."""
    return charge / 10 if charge is not None and charge > 100 else charge


def _complaints(values: Mapping[str, Value], spoken: Iterable[Dialect]) -> int:
    return int(max((number(values.get(one.complaints)) or 0 for one in spoken), default=0))


def _below(what: str, found: float | None, unit: str, warning: float | None, critical: float | None) -> list[Finding]:
    for status, limit in ((Status.CRITICAL, critical), (Status.WARNING, warning)):
        if found is not None and limit is not None and found < limit:
            return [Finding(status, f"{what} {found:.4g} {unit}, less than {limit:.4g} {unit}")]
    return []
