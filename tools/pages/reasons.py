"""docs/reasons.md: every label that a reason may have, what it says, and where the code gives it."""

from rules.reasons import LABELS
from tools.pages.source import given

_HEAD = """# The reasons

Every decision says why: an incident's `reasons`, the lines of its story, `tillwatch why`. A reason has a label, which
begins with the number of its rule in [semantics.md](semantics.md), and the evidence in words. Written by
`python -m tools.pages` from the table in `rules/reasons.py` and the places that give the labels.

| label | says | given in `rules/` |
|---|---|---|
"""


def page() -> str:
    return _HEAD + "".join(_row(label) for label in LABELS)


def _row(label: str) -> str:
    places = sorted({one.file for one in given() if one.label == label})
    return f"| `{label}` | {LABELS[label]} | {', '.join(f'`{place}`' for place in places)} |\n"
