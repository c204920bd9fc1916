"""Colours, on a terminal only and never against the reader's wish (NO_COLOR, https://no-color.org)."""

import os
import sys
from typing import Literal, TextIO

Colour = Literal["red", "yellow", "green", "blue", "grey", "bold"]
_CODES: dict[Colour, str] = {"red": "31", "yellow": "33", "green": "32", "blue": "36", "grey": "90", "bold": "1"}
PRIORITY: dict[int, Colour] = {1: "red", 2: "yellow", 3: "blue"}


def painted(text: str, colour: Colour, stream: TextIO | None = None) -> str:
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if wanted(stream or sys.stdout) else text


def wanted(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
