"""A program's words with their colours, as a terminal shows them, drawn as SVG."""

import os
import pty
import re
import subprocess
import sys
from html import escape
from typing import NamedTuple

COMMAND = ["-m", "tillwatch", "demo", "--exit", "--port", "0"]
SHOWN = ["$ ./run demo --exit"]
COLUMNS = 110
LINE, WIDE, EDGE = 19, 8.0, 16  # pixels: a line's height, a character's width, the margin
COLOURS = {"31": "#ff6b66", "33": "#ffb547", "32": "#62d196", "36": "#74b4ff", "90": "#9aa9b0", "1": "#ffffff"}
PLAIN = "#d5dee2"
_PIECE = re.compile(r"\x1b\[([0-9]+)m(.*?)\x1b\[0m|([^\x1b]+)")


class Piece(NamedTuple):
    text: str
    code: str  # of an ANSI colour; empty: plain


def told() -> list[str]:
    """The demo, played once on a terminal of its own. Raises RuntimeError when it did not go as expected."""
    ours, its = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}
    with subprocess.Popen([sys.executable, *COMMAND], stdout=its, stderr=its, env=environment) as demo:
        os.close(its)
        text = _all_of(ours).decode().replace("\r\n", "\n")
    if demo.returncode:
        raise RuntimeError(f"the demo ended with {demo.returncode}:\n{text}")
    # Where it listened is of no interest to anybody.
    lines = [line for line in text.splitlines() if not line.startswith(("broker ", "console ", "stopping:"))]
    return [*SHOWN, *lines]


def drawn(lines: list[str]) -> str:
    """`lines` with ANSI colours as an SVG."""
    rows = [_pieces(line) for line in lines]
    longest = max(sum(len(piece.text) for piece in row) for row in rows)
    width = round(min(longest, COLUMNS) * WIDE + 2 * EDGE)
    height = len(rows) * LINE + 2 * EDGE
    style = "font: 13.3px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre"
    body = "".join(_line(row, EDGE + 14 + at * LINE) for at, row in enumerate(rows) if row)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="The demo in a terminal">\n<rect width="{width}" height="{height}" rx="10" '
        f'fill="#0e1316"/>\n<g fill="{PLAIN}" style="{style}">\n{body}</g>\n</svg>\n'
    )


def _line(pieces: list[Piece], y: int) -> str:
    """Each piece has its place: fonts differ in width, and columns must stay columns."""
    out, column = "", 0
    for text, code in pieces:
        cut = text[: COLUMNS - column]
        fill = f' fill="{COLOURS[code]}"' if code else ""
        length = f' textLength="{len(cut) * WIDE:g}"' if cut.strip() else ""
        if cut.strip():
            out += f'<text x="{EDGE + column * WIDE:g}" y="{y}"{length}{fill} xml:space="preserve">{escape(cut)}</text>'
        column += len(text)
    return f"{out}\n"


def _pieces(line: str) -> list[Piece]:
    return [Piece(found[2] or found[3] or "", found[1] or "") for found in _PIECE.finditer(line)]


def _all_of(descriptor: int) -> bytes:
    """All that is written to the other end until it is closed."""
    out = b""
    while True:
        try:
            chunk = os.read(descriptor, 65_536)
        except OSError:  # Linux: nobody holds the other end any more
            chunk = b""
        if not chunk:
            os.close(descriptor)
            return out
        out += chunk
