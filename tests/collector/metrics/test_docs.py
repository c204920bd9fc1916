"""docs/metrics.md lists every metric with its type and labels, and no other."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from collector.metrics import agents, blocks, part, rollups
from collector.metrics.instruments import Incidents, Itself
from tests.collector.http.chain import Chain

DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"


def documented() -> dict[str, tuple[str, tuple[str, ...]]]:
    rows = re.findall(r"^\| `(tillwatch_\w+)` \| (\w+) \|([^|]*)\|", DOCS.read_text(), re.MULTILINE)
    return {
        name: (kind, tuple(labels.replace(" ", "").split(",")) if labels.strip() else ()) for name, kind, labels in rows
    }


def test_the_docs_list_every_metric_with_its_labels() -> None:
    for metric in (*rollups.METRICS, *part.METRICS, *agents.METRICS, blocks.STATUS, blocks.DURATION):
        assert documented()[metric.name] == (metric.kind, metric.labels)


def test_the_docs_list_the_products_own_and_nothing_else() -> None:
    registry = CollectorRegistry()
    Incidents(registry, 0)
    registry.register(Itself(Chain()))
    own = {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in registry.collect()
    }
    lines = {
        metric.name for metric in (*rollups.METRICS, *part.METRICS, *agents.METRICS, blocks.STATUS, blocks.DURATION)
    }
    assert {name: kind for name, (kind, _) in documented().items() if name not in lines} == own
