"""What one batch of messages comes to: entries, rows, letters and answers. Made first, then committed as a whole."""

from typing import NamedTuple

import msgspec

from collector.database.letters import Letter
from collector.pressure import Spent
from contract.reports import Cmd
from rules.entries import JournalEntry


class Moment(NamedTuple):
    """Now, on the steady clock that leases are timed by, and on the wall's in seconds UTC."""

    now: float
    at: float


class AckDue(NamedTuple):
    """An answer to be sent after the commit; `echo` and `received` are the message's `at` and arrival."""

    agent: str
    epoch: str
    echo: float
    received: float


class Plan(msgspec.Struct):
    """`changed` agents and `lives` (agent, epoch) are to be written back; `counts` are dead letters by reason."""

    entries: list[JournalEntry] = []
    changed: dict[str, None] = {}
    lives: dict[tuple[str, str], None] = {}
    gone: list[tuple[str, str]] = []
    letters: list[Letter] = []
    counts: dict[str, int] = {}
    retried: list[int] = []
    acks: dict[tuple[str, str], AckDue] = {}
    commands: list[tuple[str, Cmd]] = []
    records: int = 0
    duplicates: int = 0
    spent: dict[str, Spent] = {}

    @property
    def writes(self) -> bool:
        return bool(self.entries or self.changed or self.lives or self.counts or self.retried)

    def ack(self, due: AckDue) -> None:
        """One answer an epoch and batch: the newest message's, because its ranges say all."""
        self.acks[due.agent, due.epoch] = due
