"""What an SNMP agent said: values by OID, and how OIDs are ordered. Pure, and free of any SNMP library."""

from typing import NamedTuple

from probes.trouble import Trouble

Value = int | float | str  # a float is a time in seconds, whatever unit it had on the wire


class Reading(NamedTuple):
    """`values` by numeric OID; `trouble` is why there are not more of them."""

    values: dict[str, Value]
    trouble: Trouble | None = None


def inside(oid: str, root: str) -> bool:
    """
    >>> inside("1.3.6.10", "1.3.6.1"), inside("1.3.6.1.2", "1.3.6.1")
    (False, True)
    """
    return oid.startswith(f"{root}.")


def after(oid: str, other: str) -> bool:
    """
    >>> after("1.3.10", "1.3.9")
    True
    """
    return _numbers(oid) > _numbers(other)


def number(value: Value | None) -> float | None:
    """`value` as a number, also where an agent writes numbers as text; None for anything else.

    >>> number(" 23.5 "), number("n/a"), number("inf")
    (23.5, None, None)
    """
    if not isinstance(value, str):
        return value
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < 1e18 else None


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))
