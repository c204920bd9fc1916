"""The latest measurements of every agent, kept in columns: a pulse costs microseconds and a check a few bytes.

Written by the receiver's thread alone. A view never changes once it is in `views`: readers on other threads take it and
keep it as long as they like.
"""

from array import array
from collections.abc import Mapping
from struct import pack
from typing import NamedTuple
from weakref import WeakValueDictionary

from collector.expected import Installed
from collector.pressure import Quarantined
from contract.cardguard import scrubbed
from contract.ids import is_check_key
from contract.rejection import Rejected
from contract.reports import Live
from contract.results import Results


class Shape:
    """A list of check keys (`pos-01/tcp`), validated once and shared by all stores that are built alike."""

    __slots__ = ("__weakref__", "checks", "keys")

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.checks = " ".join(keys)  # as a pulse says them: known by one comparison
        self.keys = keys


class AgentView(NamedTuple):
    """One agent's last pulse. The columns run parallel to `shape.keys`.

    `statuses` holds `Status` values, `ms` milliseconds, `texts` index → text of what is not well. `at` is the agent's
    clock, `arrived` the collector's, both in seconds UTC. `offset` is what to add to the agent's clock; None: untold.
    `unanswered`: for how many seconds the agent has waited for an acknowledgement that should have come.
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
    unanswered: float = 0.0


NO_TEXTS: Mapping[int, str] = {}
_DIGITS = b"0123"  # of Status
_OF_DIGIT = bytes.maketrans(_DIGITS, bytes(range(4)))


class Fleet:
    """Agent id → its view, what it runs, and why it is in quarantine.

    Bounded by the registry: only registered agents get this far.
    """

    def __init__(self) -> None:
        self.views: dict[str, AgentView] = {}
        self.installed: dict[str, Installed] = {}
        self.quarantined: dict[str, Quarantined] = {}
        self._shapes: WeakValueDictionary[str, Shape] = WeakValueDictionary()

    def update(self, agent: str, store: str, report: Live, results: Results, arrived: float) -> AgentView:
        """Takes a pulse and its results in. Raises Rejected for a key that is none or twice, or odd columns."""
        before = self.views.get(agent)
        checks = results.checks
        shape = before.shape if before is not None and before.shape.checks == checks else self._shape(checks)
        digits = results.statuses.encode()
        if not len(digits) == len(results.ms) == len(shape.keys):
            raise Rejected("invalid", "the columns of the results differ in length")
        if digits.strip(b"0") and digits.translate(None, _DIGITS):
            raise Rejected("invalid", f"expected the digits {_DIGITS.decode()} in `statuses`")
        statuses = digits.translate(_OF_DIGIT)
        view = AgentView(
            agent,
            store,
            shape,
            statuses,
            array("f", pack(f"{len(digits)}f", *results.ms)),  # a fraction of array("f", list)
            _texts(results.texts, statuses) if results.texts else NO_TEXTS,
            report.at,
            arrived,
            report.pending,
            report.dropped,
            report.offset,
            before.version + 1 if before is not None else 1,
            report.unanswered,
        )
        self.views[agent] = view
        return view

    def keep_only(self, agents: Mapping[str, str]) -> None:
        """Forgets every agent that the registry `agents` no longer has."""
        for agent in [agent for agent in self.views if agent not in agents]:
            del self.views[agent]
        for agent in [agent for agent in self.installed if agent not in agents]:
            del self.installed[agent]
        for agent in [agent for agent in self.quarantined if agent not in agents]:
            del self.quarantined[agent]

    def _shape(self, checks: str) -> Shape:
        known = self._shapes.get(checks)
        if known is not None:
            return known
        keys = tuple(checks.split(" "))
        for key in keys:
            if not is_check_key(key):
                raise Rejected("invalid", f"{key[:140]!r} is not a check key")
        if len(set(keys)) != len(keys):
            raise Rejected("invalid", "a check is listed twice in one pulse")
        shape = Shape(keys)
        self._shapes[checks] = shape
        return shape


def _texts(texts: Mapping[int, str], statuses: bytes) -> Mapping[int, str]:
    """Of what is not well."""
    return {at: plain(text) for at, text in texts.items() if 0 <= at < len(statuses) and statuses[at] and text}


def plain(text: str) -> str:
    """A device's text without control characters and card numbers."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return scrubbed(text)
