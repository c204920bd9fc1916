"""A desk's own tickets as it exports them: CSV with `ticket`, `opened_at`, `store` or `ci`, and `category`. Pure.

Other columns are left unread: exports have many.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from collector.database.own_tickets import OwnTicket
from contract.documents import DocumentError, Mistake
from rules.said import one_line

COLUMNS = ("ticket", "opened_at", "store", "ci", "category")
MOST = 200_000
_LONGEST = 130
_MOST_MISTAKES = 20


def tickets(text: str, name: str, desk: str) -> list[OwnTicket]:
    """Raises DocumentError with the line of every mistake, the first twenty of them."""
    found: list[OwnTicket] = []
    mistakes: list[Mistake] = []
    try:
        for line, row in _rows(text, name):
            if len(found) == MOST:
                raise DocumentError(name, [Mistake(line, "", f"more than {MOST:,} tickets; import a shorter time")])
            wrong = _mistake(row)
            if wrong is None:
                found.append(_ticket(desk, row))
            else:
                mistakes.append(Mistake(line, *wrong))
            if len(mistakes) == _MOST_MISTAKES:
                break
    except csv.Error as error:
        raise DocumentError(name, [Mistake(0, "", f"not CSV: {error}")]) from error
    if mistakes:
        raise DocumentError(name, mistakes)
    return found


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    head = [column.strip().lower() for column in next(reader, [])]
    missing = [column for column in COLUMNS[:2] if column not in head]
    missing += [] if {"store", "ci"} & set(head) else ["store or ci"]
    if missing:
        raise DocumentError(name, [Mistake(1, "", f"no column {', '.join(missing)}; known are {', '.join(COLUMNS)}")])
    for cells in reader:
        if any(cells):
            yield reader.line_num, {column: cell.strip() for column, cell in zip(head, cells, strict=False)}


def _mistake(row: dict[str, str]) -> tuple[str, str] | None:
    if not row.get("ticket"):
        return "ticket", "empty"
    if not row.get("store") and not row.get("ci"):
        return "store", "empty, and ci too: what was the ticket about?"
    if any(len(row.get(column, "")) > _LONGEST for column in COLUMNS):
        return "ticket", f"a cell is longer than {_LONGEST} characters"
    try:
        _instant(row.get("opened_at", ""))
    except ValueError:
        return "opened_at", f"found {row.get('opened_at', '')!r}, expected an instant such as 2026-11-27T09:00:00Z"
    return None


def _ticket(desk: str, row: dict[str, str]) -> OwnTicket:
    words = {column: one_line(row.get(column, "")) for column in ("ticket", "store", "ci", "category")}
    return OwnTicket(desk=desk, opened_at=_instant(row["opened_at"]), **words)


def _instant(text: str) -> float:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no offset")
    return at.timestamp()
