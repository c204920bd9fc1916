"""Tables for a terminal: bounded widths, and no text from a device or a person can move the cursor or hide another."""

import shutil
import unicodedata
from collections.abc import Iterable, Sequence

NARROWEST = 8
WIDEST_CELL = 200
GAP = "  "


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> str:
    """Lines of equal columns, at most `width` characters wide (default: the terminal's) as far as headings allow."""
    width = width or shutil.get_terminal_size((120, 24)).columns
    cells = [list(headings), *([plain(str(cell)) for cell in row] for row in rows)]
    widths = _fitted([max(len(line[at]) for line in cells) for at in range(len(headings))], width)
    return "\n".join(GAP.join(map(_cell, line, widths)).rstrip() for line in cells)


def plain(text: str, most: int = WIDEST_CELL) -> str:
    """`text` on one line without control, format or private characters, cut at `most`."""
    shown = "".join(c if unicodedata.category(c)[0] not in "CZ" or c == " " else " " for c in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _cell(text: str, width: int) -> str:
    return f"{text if len(text) <= width else text[: width - 1] + '…':{width}}"


def _fitted(widths: list[int], most: int) -> list[int]:
    """The widest column gives first, down to a width that can still be read."""
    widths = list(widths)
    room = most - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widest = max(range(len(widths)), key=widths.__getitem__)
        others = sorted(widths)[-2] if len(widths) > 1 else 0
        give = min(sum(widths) - room, max(widths[widest] - max(others, NARROWEST), 1))
        widths[widest] -= give
    return widths
