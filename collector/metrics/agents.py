"""The agents in few numbers: which releases run, and how many run by another configuration than the CMDB's."""

from collections import Counter
from collections.abc import Iterable, Mapping

from collector import expected as agents
from collector.expected import Installed
from collector.metrics.lines import Metric, samples
from rules.given.cmdb import Store

DRIFT = Metric(
    "tillwatch_agent_config_drift", "gauge", "Agents that run by another configuration than the CMDB's export.",
    ("region",),
)  # fmt: skip
VERSIONS = Metric("tillwatch_agent_versions", "gauge", "Agents by the release that they run.", ("version",))
METRICS = (DRIFT, VERSIONS)

MOST_VERSIONS = 20  # what an agent says is a label here: a broken one must not make a series of every hello
OTHER = "other"


def text(stores: Iterable[Store], installed: Mapping[str, Installed], expected: Mapping[str, str]) -> str:
    return samples(DRIFT, drifting(stores, installed, expected)) + samples(VERSIONS, versions(installed))


def drifting(
    stores: Iterable[Store], installed: Mapping[str, Installed], expected: Mapping[str, str]
) -> dict[tuple[str, ...], float]:
    """Of every region, also where there is none: an absent series would look like a collector that does not compare."""
    found: Counter[tuple[str, ...]] = Counter()
    for store in stores:
        found[(store.region,)] += sum(bool(agents.run_of(one, installed, expected).drift) for one in store.agents)
    return dict(sorted(found.items()))


def versions(installed: Mapping[str, Installed]) -> dict[tuple[str, ...], float]:
    found = Counter(one.version for one in dict(installed).values())
    named = found.most_common(MOST_VERSIONS)
    rows: dict[tuple[str, ...], float] = {(version,): count for version, count in sorted(named)}
    rest = found.total() - sum(rows.values())
    return rows | ({(OTHER,): rest} if rest else {})
