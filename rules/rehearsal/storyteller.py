"""What agents would have said: turns the statuses of a scenario into records and snapshots, numbered as logs are."""

from contract.records import Record, Stamp, Transition
from contract.status import Status
from rules.entries import SeenBelief

INTERVAL = 15.0


class Fleet:
    """Every agent's beliefs and its next sequence number, in one epoch each."""

    def __init__(self) -> None:
        self._beliefs: dict[str, dict[str, SeenBelief]] = {}
        self._seq: dict[str, int] = {}

    def transitions(self, agent: str, said: dict[str, Status], at: float) -> list[Record]:
        return [self._transition(agent, check, status, at) for check, status in said.items()]

    def forget(self, agent: str, checks: list[str]) -> None:
        for check in checks:
            self._beliefs.get(agent, {}).pop(check, None)

    def snapshot(self, agent: str) -> list[SeenBelief]:
        return list(self._beliefs.get(agent, {}).values())

    def _transition(self, agent: str, check: str, status: Status, at: float) -> Transition:
        beliefs = self._beliefs.setdefault(agent, {})
        before = beliefs.get(check)
        seq = self._seq.get(agent, 0) + 1
        self._seq[agent] = seq
        text = "" if status is Status.OK else f"{check} is {status.word}"
        beliefs[check] = SeenBelief(check, status, at, 1, seq, INTERVAL, text)
        return Transition(
            seq=seq,
            check=check,
            before=before.state if before else Status.UNKNOWN,
            after=status,
            started_at=at,
            decided=Stamp(at, "boot", 0.0),
            was_seq=before.seq if before else 0,
            text=text,
            interval=INTERVAL,
        )
