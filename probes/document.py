"""Writes docs/probes.md from the kinds themselves: `python -m probes.document > docs/probes.md`."""

import sys
from collections.abc import Iterator

from probes import registry
from probes.schema import Setting, settings_of

_HEAD = """\
# Probes

One section a kind of probe, written by `python -m probes.document` from the files in `probes/kinds/`; edit those.
`tillwatch probes` lists the same, and `tillwatch probe KIND TARGET --explain` asks once and shows how it was judged.

A device that refuses, is silent or answers wrongly is **critical**. What only says that this agent could not look (no
name service, a missing permission, no free file) is **unknown**. Durations are written with a unit (`500ms`, `3s`),
sizes too (`64KiB`).
"""


def document() -> str:
    """The whole page as Markdown."""
    return "\n".join([_HEAD, *(_section(kind) for kind in registry.kinds())])


def _section(kind: str) -> str:
    probe = registry.load(kind)
    return "\n".join(
        [
            f"## {kind}",
            "",
            (registry.module(kind).__doc__ or "").strip(),
            "",
            f"Target: {probe.target}",
            "",
            "| setting | type | default | what it is |",
            "|---|---|---|---|",
            *_table(settings_of(probe.settings)),
            "",
        ]
    )


def _table(rows: list[Setting]) -> Iterator[str]:
    for row in rows:
        default = "required" if row.required else f"`{row.default}`" if row.default else "unset"
        yield f"| `{row.name}` | {row.type} | {default} | {row.description} |"


if __name__ == "__main__":
    sys.stdout.write(document())
