"""The table of docs/acceptance.md, and that of docs/reliability.md: what a run showed, one row a test.

The table is the only place where it is kept: a run reads it, replaces the rows of the tests that it ran, and writes it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tools.place import Place

PLACE = Place("<!-- written by ./run acceptance -->", "<!-- until here -->")
FAULTS = Place("<!-- written by ./run faults -->", "<!-- until here -->")
HEAD = "| point | what it shows | figure | verdict | when, on what | test |\n|---|---|---|---|---|---|\n"
MOST = 300  # characters of a cell
_ROW = re.compile(r"^\| (.*) \|$")
_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[\w.+-]+/)+")


class Row(NamedTuple):
    """`test` is the node id below its suite's folder, and the row's identity; all else is text."""

    point: str
    shows: str
    figure: str
    verdict: str
    when: str
    test: str


def cell(text: str) -> str:
    """One line that cannot end its cell. Folders are left out: they are the machine's, not the product's."""
    line = _FOLDERS.sub("…/", " ".join(text.split())).replace("|", "¦")
    return line if len(line) <= MOST else line[: MOST - 1] + "…"


def rows(page: str) -> list[Row]:
    """Those of a page that `written` made. Raises ValueError when it has no such table, or a row that is none."""
    body = _place(page).parted(page)[1].removeprefix(HEAD)
    return [_row(line) for line in body.splitlines() if line]


def merged(before: Iterable[Row], now: Iterable[Row], gone: Iterable[str] = ()) -> list[Row]:
    """`now` in the place of what there was; tests that are `gone` have no row. Ordered by point, then by test."""
    by_test = {row.test: row for row in before}
    by_test |= {row.test: row for row in now}
    kept = [row for test, row in by_test.items() if test not in set(gone)]
    return sorted(kept, key=lambda row: (not row.point[:1].isdigit(), _numbers(row.point), row.point, row.test))


def written(page: str, table: Iterable[Row]) -> str:
    """`page` with `table` between its markers. Raises ValueError when it has none."""
    lines = "".join(f"| {' | '.join(map(cell, row))} |\n" for row in table)
    return _place(page).written(page, f"{HEAD}{lines}")


def machine(cores: int, bytes_: int) -> str:
    """Its class, and nothing by which it could be told from others of it."""
    return f"{cores} {'core' if cores == 1 else 'cores'}, {bytes_ / 2**30:.0f} GiB"


def version(project: Path) -> str:
    found = re.search(r'^version = "([^"]+)"', project.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{project.name} names no version")
    return found[1]


def _row(line: str) -> Row:
    found = _ROW.match(line)
    cells = found[1].split(" | ") if found else []
    if len(cells) != len(Row._fields):
        raise ValueError(f"not a row of the table: {line}")
    return Row(*cells)


def _place(page: str) -> Place:
    return FAULTS if FAULTS.begin in page else PLACE


def _numbers(point: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", point)]
