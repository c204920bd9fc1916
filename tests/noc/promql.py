"""What PromQL asks for, and what there is to be asked: docs/metrics.md and the recording rules."""

import re
from functools import cache
from typing import Any

import yaml

from tests.house.tracked import ROOT

RULES = ROOT / "noc" / "prometheus" / "rules"
# What Prometheus adds to every series.
ITS_OWN = {"job", "instance"}
_SERIES = re.compile(r"((?:[a-z_]+:)?tillwatch_\w+(?::\w+)?)(?:\{([^}]*)\})?")


@cache
def rules() -> tuple[dict[str, Any], ...]:
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    return tuple(rule for file in files for group in file["groups"] for rule in group["rules"])


@cache
def recorded() -> frozenset[str]:
    return frozenset(rule["record"] for rule in rules() if "record" in rule)


@cache
def documented_labels() -> dict[str, set[str]]:
    """Series → labels, as docs/metrics.md and docs/noc.md have them; tests hold those pages to the code."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    recorded_rows = re.findall(
        r"^\| `(\w+:\w+:\w+)` \| ([^|]*) \|", (ROOT / "docs" / "noc.md").read_text(), re.MULTILINE
    )
    known = {name: {one.strip() for one in labels.split(",")} for name, labels in recorded_rows}
    for name, kind, labels in re.findall(r"^\| `(tillwatch_\w+)` \| (\w+) \|([^|]*)\|", page, re.MULTILINE):
        own = {one.strip() for one in labels.split(",") if one.strip()} | ITS_OWN
        if kind == "histogram":
            known |= {f"{name}_bucket": own | {"le"}, f"{name}_sum": own, f"{name}_count": own}
        else:
            known[name] = own
    return known


def selectors(expression: str) -> list[tuple[str, set[str]]]:
    """Each series of ours in `expression` with the labels that it is selected by."""
    return [
        (name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', selected))))
        for name, selected in _SERIES.findall(expression.replace('"tillwatch', '"'))
    ]
