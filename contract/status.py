"""The four statuses a measurement can have; what they mean for customers is decided in rules/."""

from collections.abc import Iterable
from enum import IntEnum


class Status(IntEnum):
    """Numbers are the wire's and the metrics' values; `SEVERITY` orders them."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


# Unknown hides whatever is behind it, so it is worse than a warning; it never outranks a failure that was seen.
SEVERITY = {Status.OK: 0, Status.WARNING: 1, Status.UNKNOWN: 2, Status.CRITICAL: 3}


def worst(statuses: Iterable[Status]) -> Status:
    """The most severe of `statuses`; unknown when there are none, because nothing was seen."""
    return max(statuses, key=SEVERITY.__getitem__, default=Status.UNKNOWN)
