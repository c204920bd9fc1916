"""A list into a cmdb.yaml: what it adds, what it changes, and what is there that it does not have. Pure.

A list changes only the keys that it speaks of, so hand-written dependencies survive the import of addresses.
"""

from typing import Any, Literal, NamedTuple

import yaml

from tillwatch.cmdb.lists import Kind, Listed

Act = Literal["added", "changed", "removed", "missing"]
_Dumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Step(NamedTuple):
    """`missing`: in the CMDB and not in the list, and left alone."""

    act: Act
    kind: Kind
    ref: str
    text: str = ""


class Imported(NamedTuple):
    data: dict[str, Any]
    steps: list[Step]


def imported(data: dict[str, Any], listed: Listed, *, remove: bool) -> Imported:
    """`data` (a cmdb.yaml in plain form) with the list taken in. What stands there keeps its place."""
    after, steps = dict(data), []
    for kind, rows in listed.rows.items():
        wanted = {ref(kind, row): row for row in rows}
        kept: list[dict[str, Any]] = []
        for row in data.get(kind, []):
            name = ref(kind, row)
            if name in wanted:
                merged = _merged(row, wanted.pop(name), listed.keys[kind])
                if merged != row:
                    steps.append(Step("changed", kind, name, _difference(row, merged)))
                kept.append(merged)
            else:
                steps.append(Step("removed" if remove else "missing", kind, name))
                kept += [] if remove else [row]
        steps += [Step("added", kind, name) for name in wanted]
        after[kind] = [*kept, *wanted.values()]
    return Imported(after, steps)


def ref(kind: Kind, row: dict[str, Any]) -> str:
    """What a store or an item is called outside: `0042/pos-01`."""
    store = row.get("store") if kind == "items" else None
    return f"{store}/{row['id']}" if store else str(row["id"])


def text(data: dict[str, Any], head: str) -> str:
    """cmdb.yaml again. `head` is the comment that it began with; other comments are not kept."""
    return head + yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None
    )


def head_of(written: str) -> str:
    """The comment lines that a file begins with."""
    lines = written.splitlines(keepends=True)
    count = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:count])


def _merged(before: dict[str, Any], row: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    kept = {key: row.get(key, value) for key, value in before.items() if key in row or key not in keys}
    return kept | {key: value for key, value in row.items() if key not in before}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    keys = [key for key in (before | after) if before.get(key) != after.get(key)]
    return ", ".join(f"{key}: {_shown(before.get(key))} → {_shown(after.get(key))}" for key in keys)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
