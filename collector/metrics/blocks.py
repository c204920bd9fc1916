"""Every check's series as text, kept a block an agent: a block is written again only when its agent's view changed.

Agents that watch the same list of checks share one template, so writing a block is one `template % values` for each of
the two metrics. Prometheus wants all lines of a metric together, therefore a block is two pieces, and a scrape joins
first all of the one and then all of the other.
"""

from collections.abc import Iterable
from typing import NamedTuple

from collector.fleet import AgentView, Shape
from collector.metrics.lines import Metric, escaped, head, labels
from contract.ids import split_check

STATUS = Metric(
    "tillwatch_check_status",
    "gauge",
    "Latest status of a check: 0 ok, 1 warning, 2 critical, 3 unknown.",
    ("store", "agent", "ci", "check"),
)
DURATION = Metric(
    "tillwatch_check_duration_seconds",
    "gauge",
    "How long the latest probe of a check took.",
    ("store", "agent", "ci", "check"),
)
SERIES_PER_CHECK = 2


class _Template(NamedTuple):
    """Two slots a line: the labels that are the agent's own, and the value."""

    status: str
    duration: str


class _Block(NamedTuple):
    version: int
    shape: Shape
    own_labels: str
    statuses: bytes
    status: bytes
    duration: bytes


class Blocks:
    """The cache. Costs about 190 bytes a check once it was scraped, nothing before."""

    def __init__(self) -> None:
        self._blocks: dict[str, _Block] = {}
        self._templates: dict[Shape, _Template] = {}

    def text(self, views: Iterable[AgentView]) -> bytes:
        """The exposition of these agents' checks; agents not among them keep their blocks."""
        blocks = [self._block(view) for view in views]
        if not blocks:
            return b""
        return b"".join(
            [
                head(STATUS).encode(),
                *(block.status for block in blocks),
                head(DURATION).encode(),
                *(block.duration for block in blocks),
            ]
        )

    def forget_all_but(self, agents: Iterable[str]) -> None:
        """Lets go of agents that left the fleet, and of the templates that only they used."""
        keep = set(agents)
        self._blocks = {agent: block for agent, block in self._blocks.items() if agent in keep}
        used = {block.shape for block in self._blocks.values()}
        self._templates = {shape: template for shape, template in self._templates.items() if shape in used}

    def _block(self, view: AgentView) -> _Block:
        known = self._blocks.get(view.agent)
        if known is not None and known.version == view.version:
            return known
        block = self._written(view, known)
        self._blocks[view.agent] = block
        return block

    def _written(self, view: AgentView, known: _Block | None) -> _Block:
        template = self._template(view.shape)
        own = labels(("store", "agent"), (view.store, view.agent))
        same_lines = known is not None and known.shape is view.shape and known.own_labels == own
        # Between two scrapes durations change always and statuses hardly ever.
        status = (
            known.status
            if known is not None and same_lines and known.statuses == view.statuses
            else _filled(template.status, own, list(view.statuses))
        )
        duration = _filled(template.duration, own, view.ms.tolist())
        return _Block(view.version, view.shape, own, view.statuses, status, duration)

    def _template(self, shape: Shape) -> _Template:
        template = self._templates.get(shape)
        if template is None:
            template = _Template(_lines(STATUS, shape.keys, "%d"), _lines(DURATION, shape.keys, "%.3fe-3"))
            self._templates[shape] = template
        return template


def _lines(metric: Metric, checks: tuple[str, ...], slot: str) -> str:
    """A line a check. Durations come in milliseconds and are written with the exponent instead of being divided."""
    return "".join(
        f'{metric.name}{{%s,ci="{_inert(ci)}",check="{_inert(name)}"}} {slot}\n'
        for ci, name in (split_check(check) for check in checks)
    )


def _inert(value: str) -> str:
    return escaped(value).replace("%", "%%")


def _filled(template: str, own: str, values: list[int] | list[float]) -> bytes:
    slots: list[object] = [own] * (2 * len(values))
    slots[1::2] = values
    return (template % tuple(slots)).encode()
