"""docs/rules.md: every rule by its number, the files that decide by it, its labels, and the scenarios that show it."""

import re
from collections.abc import Iterator
from functools import cache

from contract import documents
from rules.reasons import LABELS
from tools.pages.source import ROOT, files_of_rules
from tools.removal import table
from tools.removal.table import Removal

LAST = 30
_HEAD = """# Where each rule is

The rules are explained in [semantics.md](semantics.md). Here is, by number, which files of `rules/` name a rule, which
labels its reasons have ([reasons.md](reasons.md)), and which scenarios show it (in `tests/rules/scenarios/`; of rule
29 in `tests/collector/desk/scenarios/`). What a scenario fails without is shown by `./run removals`
([how](semantics.md#how-each-rule-is-shown)). Written by `python -m tools.pages`.
"""
_PARAGRAPH = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_TITLE = re.compile(r"\*\*(.+?)\.?\*\*")


def page() -> str:
    return _HEAD + "".join(_section(number) for number in range(1, LAST + 1))


def titles() -> dict[int, str]:
    """What docs/semantics.md calls the rules; the first words where it gives no name."""
    text = (ROOT / "docs" / "semantics.md").read_text()
    return {int(number): _title(line) for number, line in _PARAGRAPH.findall(text)}


def scenarios(number: int) -> Iterator[tuple[str, str]]:
    """File and name of each, those in folders too."""
    for name in table.scenarios():
        if table.number_of(name) == number:
            path = table.file_of(name)
            yield path.name, documents.load(documents.text_of(path), path.name).data["name"]


def _without(number: int, name: str) -> str:
    """What is gone when it fails, in words."""
    removals = [one for one in _removals() if one.rule == number and name in one.fails]
    return "; ".join(f"{one.without} (row `{one.row}`)" if one.row else one.without for one in removals)


@cache
def _removals() -> list[Removal]:
    return table.read()


def _title(line: str) -> str:
    named = _TITLE.match(line)
    return named[1] if named else re.split(r"[.;:]", line)[0]


def _section(number: int) -> str:
    title = titles().get(number)
    if title is None:
        return f"\n## {number}\n\nNot built yet.\n"
    files = ", ".join(f"`{name}`" for name in files_of_rules().get(number, []))
    labels = ", ".join(f"`{label}`" for label in LABELS if label.split()[0] == str(number))
    shown = "".join(
        f"* `{file}`: {name}\n  * fails without {_without(number, file.removesuffix('.yaml'))}\n"
        for file, name in scenarios(number)
    )
    lines = [f"in {files or 'no file by its number'}", f"reasons {labels}" if labels else ""]
    return f"\n## {number}. {title}\n\n{'; '.join(filter(None, lines))}\n\n{shown}".rstrip() + "\n"
