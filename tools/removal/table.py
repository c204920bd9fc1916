"""What the removal of each rule is: the files in tests/rules/removals, read and checked. Pure but for the reading."""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from contract import documents

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests" / "rules" / "scenarios"
OF_DESKS = ROOT / "tests" / "collector" / "desk" / "scenarios"  # rule 29, which is the collector's
TABLES = ROOT / "tests" / "rules" / "removals"


class Removal(msgspec.Struct, frozen=True, kw_only=True, rename={"functions": "in"}):
    """One thing that `rule` says, taken away: `without` is what is gone, in words; `row` is that of the incident table.

    `in` is, by file and function, what is done in the function's place, or what a part of it becomes; `policy` the keys
    of the policy that have another value, or none. `fails` are the scenarios that then must not end as they say.
    """

    rule: int = 0
    without: str
    fails: list[str]
    row: str = ""
    functions: dict[str, dict[str, str | dict[str, str]]] = {}
    policy: dict[str, Any] = {}


class Table(msgspec.Struct, frozen=True):
    """A file: everything of one rule."""

    rule: int
    removals: list[Removal]


def read(folder: Path = TABLES) -> list[Removal]:
    """Raises DocumentError with every mistake of a file."""
    found = [documents.read(path, Table) for path in sorted(folder.glob("*.yaml"))]
    return [msgspec.structs.replace(one, rule=table.rule) for table in found for one in table.removals]


def scenarios() -> list[str]:
    """Every scenario by its name, those in folders too."""
    return sorted(path.stem for path in _files())


def file_of(name: str) -> Path:
    return next(path for path in _files() if path.stem == name)


def number_of(name: str) -> int:
    """The rule that a scenario is about."""
    return int(name.partition("-")[0])


def fewest(removals: list[Removal]) -> list[Removal]:
    """As many as it takes for every scenario to fail once, each with those that no other has."""
    left = {(one.rule, name) for one in removals for name in one.fails}
    chosen = []
    while left:
        best = max(removals, key=lambda one: len(left.intersection((one.rule, name) for name in one.fails)))
        fails = [name for name in best.fails if (best.rule, name) in left]
        chosen.append(msgspec.structs.replace(best, fails=fails))
        left -= {(best.rule, name) for name in fails}
    return chosen


def mistakes(removals: list[Removal], names: list[str]) -> Iterator[str]:
    """What a person has to mend: a scenario that no removal of its own rule fails, a removal of what is not there."""
    shown = {(one.rule, name) for one in removals for name in one.fails}
    for name in names:
        if (number_of(name), name) not in shown:
            where = f"{TABLES.relative_to(ROOT)}/{number_of(name):02d}-*.yaml"
            yield f"{name}: no removal of rule {number_of(name)} says that it fails; add it to one in {where}"
    for one in removals:
        yield from (f"{one.without}: there is no scenario {name}" for name in one.fails if name not in names)
        if not one.fails:
            yield f"{one.without}: no scenario shows it"
        if not one.functions and not one.policy:
            yield f"{one.without}: nothing is removed"


def sources(removal: Removal) -> dict[str, str]:
    """The files that it changes, as they are without it. Raises LookupError for a function that is not there."""
    found = {}
    for file, functions in removal.functions.items():
        source = (ROOT / file).read_text()
        for function, body in functions.items():
            source = replaced(source, function, body)
        found[file] = source
    return found


def replaced(source: str, function: str, instead: str | dict[str, str]) -> str:
    """`function` (`Window.holds` in a class) does only what is said, or parts of it are another text."""
    node: ast.AST = ast.parse(source)
    for name in function.split("."):
        node = _named(node, name)
    assert isinstance(node, ast.FunctionDef), function
    lines = source.splitlines()
    first, last = node.body[0].lineno - 1, node.end_lineno
    body = "\n".join(lines[first:last])
    if isinstance(instead, str):
        body = textwrap.indent(textwrap.dedent(instead), " " * node.body[0].col_offset)
    else:
        for old, new in instead.items():
            if old not in body:
                raise LookupError(f"{function} has no {old!r}; its removal has to follow what it became")
            body = body.replace(old, new)
    return "\n".join([*lines[:first], *body.splitlines(), *lines[last:]]) + "\n"


def without(document: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    """The sections of a policy's `document` that differ when its keys (`categories.signage.ceiling`) have these values.

    None takes a key away. In a list the entries of that category are meant.
    """
    changed = msgspec.json.decode(msgspec.json.encode(document))
    for path, value in policy.items():
        *above, last = path.split(".")
        at = changed
        for key in above:
            at = at[key]
        if isinstance(at, list):
            at[:] = [one for one in at if one["category"] != last]
        elif value is None:
            del at[last]
        else:
            at[last] = value
    sections = {path.partition(".")[0] for path in policy}
    return {section: changed[section] for section in sections}


def _files() -> list[Path]:
    return [*SCENARIOS.rglob("*.yaml"), *OF_DESKS.glob("*.yaml")]


def _named(node: ast.AST, name: str) -> ast.AST:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == name:
            return child
    raise LookupError(f"no function {name!r}; its removal has to follow where it went")
