"""Which of an agent's checks are about which CI: the same for years, and for every store that is built alike."""

from collections.abc import Iterable
from functools import lru_cache

from contract.ids import split_check

Layout = dict[str, tuple[tuple[str, str], ...]]  # bare CI id → (check name, check key), in the order of the keys

_KEPT = 1_000  # of stores that are built differently


def of(checks: Iterable[str]) -> Layout:
    """To be read only: agents with the same checks share one."""
    return _made(tuple(sorted(checks)))


@lru_cache(_KEPT)
def _made(checks: tuple[str, ...]) -> Layout:
    found: Layout = {}
    for check in checks:
        ci, name = split_check(check)
        found[ci] = (*found.get(ci, ()), (name, check))
    return found
