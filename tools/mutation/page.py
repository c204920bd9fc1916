"""docs/mutation.md: what a run came to, and why each survivor may live. A reason stays while its mutant is the same."""

import re
from hashlib import sha256
from typing import NamedTuple

from tools.mutation.mutants import Mutant
from tools.mutation.trial import Verdict
from tools.place import Place

PLACE = Place("<!-- ./run mutate writes from here -->")
HEAD = "| where | in | change | why it may live |\n|---|---|---|---|\n"
TO_DO = "**to be said**"
_ROW = re.compile(r"^\| `([^`]+):\d+` \| `([^`]+)` \| `([^`]*)` \| (.*) \|$", re.MULTILINE)


class Key(NamedTuple):
    """A mutant wherever its lines have moved to."""

    file: str
    function: str
    change: str


class Summary(NamedTuple):
    """A run: `possible` mutants there are, of which `seed` drew those that were tried."""

    date: str
    seed: int
    possible: int
    tried: int
    killed: int

    @property
    def share(self) -> float:
        return self.killed / self.tried if self.tried else 0.0


def key(mutant: Mutant) -> Key:
    return Key(mutant.file, mutant.function, _cell(mutant.change))


def reasons(page: str) -> dict[Key, str]:
    """What people wrote beside survivors."""
    return {Key(*found[:3]): found[3] for found in _ROW.findall(page)}


def killed_before(page: str, mutants: list[Mutant]) -> list[Mutant]:
    """Those of them that the page's run killed; none where it was of other mutants."""
    if f"({_lot(mutants)})" not in page:
        return []
    survived = reasons(page)
    return [one for one in mutants if key(one) not in survived]


def written(page: str, summary: Summary, verdicts: list[Verdict]) -> str:
    """Raises ValueError for a page without its markers."""
    known = reasons(page)
    survivors = sorted((one.mutant for one in verdicts if not one.killed), key=lambda one: (one.file, one.line))
    rows = [_row(one, known.get(key(one), TO_DO)) for one in survivors]
    said = f"{_sentence(summary)} ({_lot([one.mutant for one in verdicts])})"
    return PLACE.written(page, f"{said}\n\n{HEAD}{''.join(rows)}")


def _sentence(summary: Summary) -> str:
    return (
        f"{summary.date}, seed {summary.seed}: {summary.tried} of {summary.possible:,} possible mutants were tried, "
        f"{summary.killed} killed ({summary.share:.1%})."
    )


def _lot(mutants: list[Mutant]) -> str:
    """The same for the same mutants of the same rules."""
    return sha256("\n".join(sorted(repr(one) for one in mutants)).encode()).hexdigest()[:12]


def _row(mutant: Mutant, why: str) -> str:
    found = key(mutant)
    return f"| `{mutant.file}:{mutant.line}` | `{found.function}` | `{found.change}` | {why} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "¦").replace("`", "'")[:200]
