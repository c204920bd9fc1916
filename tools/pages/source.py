"""What the rules' own sources say: which labels they give, and which rule's number stands where."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TABLE = "reasons.py"
_LABEL = re.compile(r"\d{1,2} [a-z]+(?: [a-z]+)*\Z")
# Calls that take a label: which argument it is, and its name.
_GIVEN = {"Reason": (0, "rule"), "reason": (0, "rule"), "tell": (3, "rule"), "Suppression": (2, "rule")}
_NUMBERS = re.compile(r"\b[Rr]ules? ((?:\d{1,2}(?:, | and | to )?)+)")


class Given(NamedTuple):
    """A label where the code gives it."""

    label: str
    file: str
    line: int


@cache
def given() -> list[Given]:
    """Every label in `rules/`: literals that look like one, and whatever is handed to what takes one."""
    return [one for path in sources() if path.name != TABLE for one in _of(path)]


def sources() -> list[Path]:
    return sorted(path for path in (ROOT / "rules").rglob("*.py") if path.name != "__init__.py")


def _named_as(path: Path) -> str:
    """As the pages name a file of the rules: by its room and name."""
    return path.relative_to(ROOT / "rules").as_posix()


def files_of_rules() -> dict[int, list[str]]:
    """A rule's number → the files that name it in words (`rule 14`, `rules 2, 3 and 11`) or in a label.

    Those of `collector/` are named with their folder.
    """
    found: dict[int, set[str]] = {}
    for path in sources():
        if path.name != TABLE:
            for number in _named(path.read_text()):
                found.setdefault(number, set()).add(_named_as(path))
    for path in sorted((ROOT / "collector").rglob("*.py")):
        for number in _named(path.read_text()):
            found.setdefault(number, set()).add(str(path.relative_to(ROOT)))
    for one in given():
        if one.label[0].isdigit():
            found.setdefault(int(one.label.split()[0]), set()).add(one.file)
    return {number: sorted(files) for number, files in sorted(found.items())}


def _named(text: str) -> Iterator[int]:
    for said in _NUMBERS.findall(text):
        for span in re.findall(r"(\d+) to (\d+)", said):
            yield from range(int(span[0]), int(span[1]) + 1)
        yield from map(int, re.findall(r"\d+", said))


def _of(path: Path) -> Iterator[Given]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Constant(value=str(text)) if _LABEL.match(text):
                yield Given(text, _named_as(path), node.lineno)
            case ast.Call():
                label = _handed(path, node)
                if label is not None and not _LABEL.match(label):
                    yield Given(label, _named_as(path), node.lineno)
            case _:
                pass


def _handed(path: Path, call: ast.Call) -> str | None:
    """The label in a call, where it is a literal or a constant of the module."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _GIVEN:
        return None
    place, keyword = _GIVEN[name]
    named = [one.value for one in call.keywords if one.arg == keyword]
    found = named[0] if named else call.args[place] if len(call.args) > place else None
    match found:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=constant) if constant.isupper():
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            value = getattr(importlib.import_module(module), constant)
            return str(value)
        case _:
            return None
