"""The latest measurements of every agent, kept in columns: a pulse costs microseconds and a check a few bytes.

Written by the receiver's thread alone. A view never changes once it is in `views`: readers on other threads take it and
keep it as long as they like.
"""

from array import array
from collections.abc import Mapping, Sequence
from struct import pack
from typing import NamedTuple
from weakref import WeakValueDictionary

from collector.expected import Installed
from contract.cardguard import scrubbed
from contract.ids import is_check_key
from contract.rejection import Rejected
from contract.reports import Live
from contract.results import Result
from contract.status import Status


class Shape:
    """A list of check keys (`pos-01/tcp`), validated once and shared by all stores that are built alike."""

    __slots__ = ("__weakref__", "keys")

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys


class AgentView(NamedTuple):
    """One agent's last pulse. The columns run parallel to `shape.keys`.

    `statuses` holds `Status` values, `ms` milliseconds, `texts` index → text of what is not well. `at` is the agent's
    clock, `arrived` the collector's, both in seconds UTC. `offset` is what to add to the agent's clock; None: untold.
    `version` grows with every pulse of the agent, so that a cached rendering knows when it is stale.
    """

    agent: str
    store: str
    shape: Shape
    statuses: bytes
    ms: "array[float]"
    texts: Mapping[int, str]
    at: float
    arrived: float
    pending: int
    dropped: int
    offset: float | None
    version: int


NO_TEXTS: Mapping[int, str] = {}
ALL_OK = bytes([Status.OK])


class Fleet:
    """Agent id → its view, and what it runs. Bounded by the registry: only registered agents get this far."""

    def __init__(self) -> None:
        self.views: dict[str, AgentView] = {}
        self.installed: dict[str, Installed] = {}
        self._shapes: WeakValueDictionary[tuple[str, ...], Shape] = WeakValueDictionary()

    def update(self, agent: str, store: str, report: Live, arrived: float) -> AgentView:
        """Takes a pulse in. Raises Rejected for a check key that is none, or one that is listed twice."""
        results = report.results
        before = self.views.get(agent)
        keys = tuple([result.check for result in results])
        shape = before.shape if before is not None and before.shape.keys == keys else self._shape(keys)
        statuses = bytes([result.status for result in results])
        view = AgentView(
            agent,
            store,
            shape,
            statuses,
            array("f", pack(f"{len(results)}f", *[result.ms for result in results])),  # half of array("f", list)
            _texts(results) if statuses.strip(ALL_OK) else NO_TEXTS,
            report.at,
            arrived,
            report.pending,
            report.dropped,
            report.offset,
            before.version + 1 if before is not None else 1,
        )
        self.views[agent] = view
        return view

    def keep_only(self, agents: Mapping[str, str]) -> None:
        """Forgets every agent that the registry `agents` no longer has."""
        for agent in [agent for agent in self.views if agent not in agents]:
            del self.views[agent]
        for agent in [agent for agent in self.installed if agent not in agents]:
            del self.installed[agent]

    def _shape(self, keys: tuple[str, ...]) -> Shape:
        known = self._shapes.get(keys)
        if known is not None:
            return known
        for key in keys:
            if not is_check_key(key):
                raise Rejected("invalid", f"{key[:140]!r} is not a check key")
        if len(set(keys)) != len(keys):
            raise Rejected("invalid", "a check is listed twice in one pulse")
        shape = Shape(keys)
        self._shapes[keys] = shape
        return shape


def _texts(results: Sequence[Result]) -> Mapping[int, str]:
    texts = {at: plain(result.text) for at, result in enumerate(results) if result.text and result.status}
    return texts or NO_TEXTS


def plain(text: str) -> str:
    """A device's text without control characters and card numbers."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return scrubbed(text)
