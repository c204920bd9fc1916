"""What really happened: every record that an agent's log took, and what the collector really heard."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from contract.records import Record
from contract.reports import Bye, Hello, UpReport


class Kept(NamedTuple):
    """A record on an agent's disk. `at` is the true instant, `error` what that host's wall clock was ahead by."""

    agent: str
    epoch: str
    record: Record
    at: float
    error: float


class Ledger:
    """Written by the world as it goes; read when it is over."""

    def __init__(self, now: Callable[[], float], error_of: Callable[[str], float]) -> None:
        self._now, self._error_of = now, error_of
        self.kept: dict[tuple[str, str, int], Kept] = {}
        self.heard: dict[str, list[float]] = {}
        self.deaf: list[tuple[float, float]] = []  # when silence proved nothing, from and to
        self.refused: list[tuple[float, float]] = []  # when what was heard could not be committed yet
        self.stepped: set[str] = set()  # agents whose clock was stepped
        self.undated: set[str] = set()  # of those, whose collector may still reckon with the clock of before
        self.doubts: dict[str, float] = {}  # agent → by how much the offset that it told with a record may be wrong
        self.byes: dict[str, list[float]] = {}
        self.lives: dict[str, list[str]] = {}
        self._met: dict[str, int] = {}  # which of its lives

    def committed(self, agent: str, epoch: str, records: Iterable[Record]) -> None:
        for record in records:
            kept = Kept(agent, epoch, record, self._now(), self._error_of(agent))
            self.kept[agent, epoch, record.seq] = kept

    def told(self, agent: str, doubt: float) -> None:
        """Something is on its way to the collector, with an offset that may be wrong by `doubt` seconds."""
        self.doubts[agent] = max(doubt, self.doubts.get(agent, 0.0))

    def born(self, agent: str, epoch: str) -> None:
        if agent in self.stepped:
            self.undated.add(agent)
        if epoch not in self.lives.setdefault(agent, []):
            self.lives[agent].append(epoch)

    def arrived(self, agent: str, report: UpReport) -> None:
        """What proves that the agent lives: a hello, and whatever follows it in the same life."""
        if isinstance(report, Bye):
            self.byes.setdefault(agent, []).append(self._now())
        if isinstance(report, Hello):
            told = self.lives[agent].index(report.epochs[-1].epoch)
            self._met[agent] = max(told, self._met.get(agent, 0))  # an old life's hello may be overtaken
        elif isinstance(report, Bye) or agent not in self._met or self.lives[agent][self._met[agent]] != report.epoch:
            return
        self.heard.setdefault(agent, []).append(self._now())
