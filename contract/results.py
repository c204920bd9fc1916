"""The measurements of a pulse: rows while they are gathered, columns on the wire.

A store sends some fifty of them every 15 s, for ever. In columns one list of names, which rarely changes, is one string
to compare; that costs the collector a third of what rows do.
"""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec

from contract.ids import CHECK_PATTERN
from contract.status import Status

MAX_TEXT = 300
MAX_CHECKS = 2_000
_LONGEST_KEY = 128  # and what divides it from the next

CheckKey = Annotated[str, msgspec.Meta(pattern=CHECK_PATTERN)]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
# Seconds since 1970 UTC. The bound keeps a hostile or broken clock representable as a date.
Instant = Annotated[float, msgspec.Meta(ge=0, le=4_102_444_800)]


class Result(NamedTuple):
    """One measurement of one check. `ms` is how long the probe took; `text` says why, and is empty when all is well."""

    check: str
    status: Status
    ms: float
    text: str = ""


class Results(msgspec.Struct, frozen=True, gc=False):
    """All latest measurements of an agent, in columns that run parallel.

    `checks` are the keys (`pos-01/tcp`) with a space between, `statuses` a digit each, `ms` as in `Result`. `texts` is
    row → text, for rows that have one. Whether the columns fit together is for the reader to see: collector/fleet.py
    compares them with what it knows of the agent, and looks closely only where they differ.
    """

    checks: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_KEY * MAX_CHECKS)]
    statuses: Annotated[str, msgspec.Meta(max_length=MAX_CHECKS)]
    ms: Annotated[list[Annotated[float, msgspec.Meta(ge=0, le=1e9)]], msgspec.Meta(max_length=MAX_CHECKS)]
    texts: Annotated[dict[int, Text], msgspec.Meta(max_length=MAX_CHECKS)] = {}


def columns(rows: Iterable[Result]) -> Results | None:
    """The rows as a pulse carries them; None without any."""
    if not (rows := list(rows)):
        return None
    return Results(
        " ".join([row.check for row in rows]),
        "".join([str(int(row.status)) for row in rows]),
        [row.ms for row in rows],
        {at: row.text for at, row in enumerate(rows) if row.text},
    )


def rows(results: Results) -> list[Result]:
    """The same, one by one: for people and tests."""
    named = zip(results.checks.split(" "), results.statuses, results.ms, strict=True)
    return [
        Result(check, Status(int(digit)), ms, results.texts.get(at, "")) for at, (check, digit, ms) in enumerate(named)
    ]
