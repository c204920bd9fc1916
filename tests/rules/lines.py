"""One store's day told twice: over a perfect line, and over one that was cut, repeats itself and mixes its news."""

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec import structs

from contract.ranges import Ranges, added, holes_before
from contract.records import Stamp, Transition
from contract.status import Status
from rules.course.incident import Incident
from rules.entries import AgentHeard, AgentSilent, Records, SeenBelief, Snapshot
from rules.given.playbook import SILENCES
from tests.rules.estates import START, Story, till

INTERVAL = 15.0
LEASE = 45.0
SETTLED = 2_400.0  # longer than any past is waited for, and than what recovers needs to be resolved


class Turn(NamedTuple):
    """A check is believed to be `state` from `decided` on; it began `confirming` seconds earlier."""

    decided: float
    check: str
    state: Status
    confirming: float = 2.0


class Facts(NamedTuple):
    """The fields of which the design promises that they are equal."""

    incidents: frozenset[tuple[str, str, float, float | None]]  # (ci, category, started, ended)
    worst: int


def one_store(lanes: int = 4) -> dict[str, Any]:
    """A store with a switch, tills that need it, and a sign."""
    tills = [till(1, f"pos-0{lane}", depends_on=["sw-01"]) for lane in range(1, lanes + 1)]
    others = [
        {"id": "sw-01", "store": "0001", "class": "network_switch"},
        {"id": "sign", "store": "0001", "class": "signage", "provides": ["promotions"]},
    ]
    return {"stores": [{"id": "0001", "agents": ["0001-s"], "region": "north"}], "items": [*others, *tills]}


def backed_store() -> dict[str, Any]:
    """A store with a main line, a backup line and a till."""
    lines = [
        {"id": "wan-01", "store": "0001", "class": "wan_line"},
        {"id": "lte-01", "store": "0001", "class": "backup_line"},
    ]
    items = [*lines, till(1, "pos-01", depends_on=["wan-01"])]
    return {"stores": [{"id": "0001", "agents": ["0001-s"], "region": "north"}], "items": items}


def log_of(turns: Iterable[Turn], first: int = 1) -> list[Transition]:
    """The records of an agent's log, each naming the one that it replaces."""
    newest: dict[str, tuple[int, Status]] = {}
    records = []
    for seq, turn in enumerate(sorted(turns, key=lambda turn: turn.decided), first):
        was, before = newest.get(turn.check, (0, Status.UNKNOWN))
        newest[turn.check] = (seq, turn.state)
        records.append(
            Transition(
                seq=seq,
                check=turn.check,
                before=before,
                after=turn.state,
                started_at=turn.decided - turn.confirming,
                decided=Stamp(turn.decided, "boot", turn.decided - START),
                was_seq=was,
                interval=INTERVAL,
            )
        )
    return records


def beliefs(records: Iterable[Transition], generation: int = 1) -> list[SeenBelief]:
    newest = {record.check: record for record in records}
    return [
        SeenBelief(check, record.after, record.started_at, generation, record.seq, INTERVAL)
        for check, record in newest.items()
    ]


def perfect(story: Story, log: list[Transition]) -> Story:
    for record in log:
        story.now = record.decided.wall
        story.tell(_records(story, [record], live=True))
    return story


def cut(story: Story, log: list[Transition], gone: float, back: float, chance: random.Random) -> Story:
    """The line is away from `gone` until `back`; then a snapshot, live records as they come, and backlog in between."""
    before = [record for record in log if record.decided.wall < gone]
    missed = [record for record in log if gone <= record.decided.wall < back]
    after = [record for record in log if record.decided.wall >= back]
    perfect(story, before)
    story.now = min(gone + LEASE, back)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=gone))
    story.now = back
    story.tell(AgentHeard(at=back, agent="0001-s"))
    story.tell(Snapshot(at=back, agent="0001-s", beliefs=beliefs([*before, *missed])))
    pages = list(_pages(missed, chance))
    due = sorted(chance.uniform(back, back + 60) for _ in pages)
    told = sorted(
        [(record.decided.wall, 1, [record]) for record in after]
        + [(at, 0, page) for at, page in zip(due, pages, strict=True)],
        key=lambda one: one[:2],
    )
    for at, live, records in told:
        story.now = max(story.now, at)
        story.tell(_records(story, records, live=bool(live)))
        if chance.random() < 0.3:
            story.tell(_records(story, records, live=bool(live)))
        if chance.random() < 0.1:
            known = [record for record in log if record.decided.wall <= story.now]
            story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=beliefs(known)))
    return story


def overtaken(story: Story, log: list[Transition], longest: float, chance: random.Random) -> Story:
    """The line stands, but some records are lost and sent again up to `longest` seconds later: others overtake them."""
    due = [record.decided.wall + chance.choice([0.0, 0.0, chance.uniform(0, longest)]) for record in log]
    have: Ranges = ()
    for at, record in sorted(zip(due, log, strict=True), key=lambda one: one[0]):
        story.now = max(story.now, at)
        have = added(have, [record.seq])
        told = _records(story, [record], live=True)
        story.tell(structs.replace(told, holes=holes_before(have, [record.seq])))
    return story


def facts(story: Story) -> Facts:
    """Of every incident there ever was. A duplicate is the fate of a ticket; silence is what the line itself did."""
    rows: dict[str, Incident] = {}
    for decision in story.decisions:
        rows |= {change.key: change.row for change in decision.changes if change.table == "incidents"}
    seen = [row for row in rows.values() if row.category not in SILENCES]
    counted = [row for row in seen if "duplicate" not in row.flags]
    told = frozenset(
        (row.ci, row.category, round(row.started_at, 3), None if row.restored_at is None else round(row.restored_at, 3))
        for row in counted
    )
    return Facts(told, min((row.worst_priority for row in seen), default=0))


def repeats(story: Story) -> dict[str, list[tuple[float, bool]]]:
    """Rule 27: key → (when, whether it healed by itself) of all that counts. Silence is what the line itself did."""
    counted = {
        key: row.occurrences for key, row in story.state.repetitions.items() if key.partition("/")[0] not in SILENCES
    }
    return {key: [(round(one.at, 3), one.lasted is not None) for one in rows] for key, rows in counted.items()}


def _pages(records: list[Transition], chance: random.Random) -> Iterable[list[Transition]]:
    while records:
        size = chance.randint(1, 5)
        yield records[:size]
        records = records[size:]


def _records(story: Story, records: list[Transition], *, live: bool) -> Records:
    return Records(at=story.now, agent="0001-s", generation=1, live=live, records=list(records))
