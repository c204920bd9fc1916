"""The ports of a switch, router or firewall from the IF-MIB (RFC 2863). Pure.

Ports are known by name, description, alias or index. A name is looked up anew every time, because many devices number
their ports anew when they start.
"""

from collections.abc import Mapping, Sequence

import msgspec

from contract.status import Status
from probes.findings import Finding
from probes.snmp_values import Value
from probes.text import cleaned

_IF = "1.3.6.1.2.1.2.2.1"
_NAME, _ALIAS = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.18"
_DESCRIPTION, _ADMIN, _OPER = f"{_IF}.2", f"{_IF}.7", f"{_IF}.8"
COLUMNS = (_NAME, _DESCRIPTION, _ALIAS, _ADMIN, _OPER)
NAMED = 12  # ports that a text names when the one that is watched is not there

UP = 1
_OPERATION: dict[int, tuple[Status, str]] = {
    2: (Status.CRITICAL, "is down"),
    3: (Status.WARNING, "is in a test"),
    4: (Status.UNKNOWN, "is in a state that the device does not know"),
    5: (Status.WARNING, "waits for something"),
    6: (Status.CRITICAL, "is not present"),
    7: (Status.CRITICAL, "is down because what it runs over is"),
}


class Port(msgspec.Struct, frozen=True):
    """`admin` is what it should be and `oper` what it is, as in the MIB; 0 where that was not read."""

    index: str
    names: tuple[str, ...]
    admin: int = 0
    oper: int = 0


def ports(values: Mapping[str, Value]) -> list[Port]:
    """
    >>> ports({"1.3.6.1.2.1.31.1.1.1.1.3": "wan1", "1.3.6.1.2.1.2.2.1.8.3": 1})
    [Port(index='3', names=('wan1',), admin=0, oper=1)]
    """
    rows: dict[str, dict[str, Value]] = {}
    for oid, value in values.items():
        column, _, index = oid.rpartition(".")
        if column in COLUMNS:
            rows.setdefault(index, {})[column] = value
    return [_port(index, row) for index, row in rows.items()]


def findings(found: Sequence[Port], watched: Sequence[str], switched_off: Status, incomplete: str) -> list[Finding]:
    """What is wrong with the `watched` ports; nothing of any other. `incomplete` says why not all ports were read.

    `switched_off` is what it means when somebody has turned a watched port off.
    """
    out = []
    for name in watched:
        matching = [port for port in found if name == port.index or name in port.names]
        if not matching:
            out.append(_missing(name, found, incomplete))
        for port in matching:
            out += _judged(name, port, switched_off, incomplete)
    return out


def _judged(name: str, port: Port, switched_off: Status, incomplete: str) -> list[Finding]:
    label = f"port {cleaned(name, 40)}"
    if port.oper == UP:
        return []
    if port.admin not in (0, UP):
        return [] if switched_off is Status.OK else [Finding(switched_off, f"{label} is switched off by configuration")]
    if not port.oper and incomplete:
        return [Finding(Status.UNKNOWN, f"{label} was not read: {incomplete}")]
    status, text = _OPERATION.get(port.oper, (Status.UNKNOWN, "has no state"))
    return [Finding(status, f"{label} {text}")]


def _missing(name: str, found: Sequence[Port], incomplete: str) -> Finding:
    if incomplete:
        return Finding(Status.UNKNOWN, f"port {cleaned(name, 40)} was not read: {incomplete}")
    known = ", ".join(cleaned(port.names[0] if port.names else port.index, 20) for port in found[:NAMED])
    return Finding(Status.UNKNOWN, f"no port is called {cleaned(name, 40)!r}; there are {known or 'none'}")


def _port(index: str, row: Mapping[str, Value]) -> Port:
    names = [str(row[column]) for column in (_NAME, _DESCRIPTION, _ALIAS) if row.get(column)]
    return Port(index, tuple(dict.fromkeys(names)), _code(row.get(_ADMIN)), _code(row.get(_OPER)))


def _code(value: Value | None) -> int:
    return value if isinstance(value, int) else 0
