"""A list of stores or of items as another system exports it: CSV with our keys as column names, or YAML. Pure.

Columns are those of cmdb.yaml; one with a dot is in a mapping (`attributes.model`, `hours.mon-sat`, `offline.sell`), a
cell of a list has spaces or semicolons between its members, and an empty cell means that the key is left out.
"""

import csv
import difflib
import io
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from contract.documents import DocumentError, Mistake, load

Kind = Literal["stores", "items"]
LISTS = frozenset({"agents", "depends_on", "provides"})
NUMBERS = frozenset({"weight", "offline.card_minutes", "offline.floor_limit"})
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
COLUMNS: dict[Kind, frozenset[str]] = {
    "stores": frozenset({"id", "name", "region", "timezone", "agents", "operator", "carrier"}),
    "items": frozenset({"id", "class", "store", "name", "address", "agent", "asset", "depends_on", "provides", "group",
                        "weight", "expected", "lifecycle", "vendor", "offline.sell", "offline.card_minutes",
                        "offline.floor_limit"}),
}  # fmt: skip
OPEN: dict[Kind, tuple[str, ...]] = {
    "stores": ("attributes.", "hours.", "hours.exceptions."),
    "items": ("attributes.",),
}
MOST = 256 * 1024  # characters of a cell


class Listed(NamedTuple):
    """`rows` by kind, as cmdb.yaml has them; `keys` are those that the list speaks of: it says nothing of any other."""

    rows: dict[Kind, list[dict[str, Any]]]
    keys: dict[Kind, frozenset[str]]


def read(text: str, name: str) -> Listed:
    """Raises DocumentError with every mistake of form; what rows mean is the CMDB's own check."""
    return _csv(text, name) if name.lower().endswith(".csv") else _yaml(text, name)


def _yaml(text: str, name: str) -> Listed:
    data = load(text, name).data
    found: dict[Kind, list[dict[str, Any]]] = {}
    if not isinstance(data, dict) or not data.keys() <= {"stores", "items"}:
        raise DocumentError(name, [Mistake(0, "", "expected `stores`, `items` or both, each a list")])
    for kind in COLUMNS:
        rows = data.get(kind)
        if rows is None:
            continue
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise DocumentError(name, [Mistake(0, kind, "expected a list of mappings, each with an `id`")])
        found[kind] = rows
    return Listed(found, {kind: frozenset(key for row in rows for key in row) for kind, rows in found.items()})


def _csv(text: str, name: str) -> Listed:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    csv.field_size_limit(MOST)
    try:
        head = [cell.strip() for cell in next(reader, [])]
        kind: Kind = "items" if "class" in head else "stores"
        mistakes = list(_head_mistakes(head, kind))
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                mistakes.append(Mistake(reader.line_num, "", f"found {len(cells)} cells, expected {len(head)}"))
                continue
            rows.append(_row(dict(zip(head, cells, strict=True)), reader.line_num, mistakes))
    except csv.Error as error:
        raise DocumentError(name, [Mistake(reader.line_num, "", f"not CSV: {error}")]) from error
    if mistakes:
        raise DocumentError(name, sorted(mistakes)[:100])
    return Listed({kind: rows}, {kind: frozenset(column.partition(".")[0] for column in head)})


def _head_mistakes(head: list[str], kind: Kind) -> Iterator[Mistake]:
    if "id" not in head:
        yield Mistake(1, "id", "missing: the first line names the columns, and one of them is `id`")
    for column in head:
        if column not in COLUMNS[kind] and not (column.startswith(OPEN[kind]) and not column.endswith(".")):
            near = difflib.get_close_matches(column, COLUMNS[kind], n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Mistake(1, column, f"is no column of {kind}{hint}")
        if head.count(column) > 1:
            yield Mistake(1, column, "is there twice")


def _row(cells: dict[str, str], line: int, mistakes: list[Mistake]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column, cell in cells.items():
        if not (written := cell.strip()):
            continue
        try:
            _put(row, column, _value(column, written))
        except ValueError as error:
            mistakes.append(Mistake(line, column, str(error)))
    if "id" not in row:
        mistakes.append(Mistake(line, "id", "missing"))
    return row


def _put(row: dict[str, Any], column: str, value: Any) -> None:
    """`attributes.model` and `hours.exceptions.2026-12-25`: a mapping, or one in one; a key may itself hold dots."""
    *outer, key = column.split(".", 2 if column.startswith("hours.exceptions.") else 1)
    for name in outer:
        row = row.setdefault(name, {})
    row[key] = value


def _value(column: str, cell: str) -> Any:
    if column in LISTS:
        return cell.replace(";", " ").split()
    if column in NUMBERS:
        try:
            number = float(cell)
        except ValueError:
            raise ValueError(f"found {cell[:40]!r}, expected a number") from None
        return int(number) if number.is_integer() else number
    if column == "offline.sell":
        if cell.lower() not in FLAGS:
            raise ValueError(f"found {cell[:40]!r}, expected true or false")
        return FLAGS[cell.lower()]
    return cell
