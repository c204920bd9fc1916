"""A store that nobody heard for three days, told afterwards through 512 kbit/s."""

import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest

from contract.records import Summary, Transition
from rules.course.incident import Incident
from rules.entries import Records
from tests.faults.long_outage import PATIENCE, START, STORE, World, made

HOURS = float(os.environ.get("TILLWATCH_OUTAGE_HOURS", "72"))
RATE = 512_000.0
REPLAYED_WITHIN = 600.0
BACK = START + 600 + HOURS * 3600
END = BACK + 1800
LATE = 2 * PATIENCE.interval  # seconds after a failure began in which it is measured and believed, at most

BRIEF = [f"pos-{n:02d}" for n in range(30)]  # fail once in the outage and heal in it
LASTING = [f"pos-{n:02d}" for n in range(30, 35)]  # fail in the outage and stay so
CHATTY = [f"sign-{n:02d}" for n in range(15)]  # fail and heal all through it, and are well in the end
LATER = [f"pos-{n:02d}" for n in range(35, 40)]  # fail and heal while the backlog is replayed
WELL = [f"pos-{n:02d}" for n in range(40, 45)]


class Spell(NamedTuple):
    begins: float
    ends: float


def spells() -> dict[str, list[Spell]]:
    """CI → when it is down. Never half of the lanes at once."""
    away, found = HOURS * 3600, dict[str, list[Spell]]()
    for n, ci in enumerate(BRIEF):
        begins = START + 900 + away * 0.9 * n / len(BRIEF)
        found[ci] = [Spell(begins, begins + 240 + away / 100 * (n % 7))]
    for n, ci in enumerate(LASTING):
        found[ci] = [Spell(START + 1800 + away * 0.8 * n / len(LASTING), END + 1)]
    for n, ci in enumerate(CHATTY):
        first, turns = START + 700 + 60 * n, int((away - 3600) // 1800)
        found[ci] = [Spell(first + turn * 1800, first + turn * 1800 + 400) for turn in range(turns)]
    for n, ci in enumerate(LATER):
        found[ci] = [Spell(BACK + 5 + 10 * n + turn * 300, BACK + 5 + 10 * n + turn * 300 + 150) for turn in range(4)]
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Ten minutes of calm, the outage, and half an hour with a line."""
    down = spells()
    lanes = [*BRIEF, *LASTING, *LATER, *WELL]
    checks = {f"{ci}/tcp": ci for ci in [*lanes, *CHATTY]}
    items = [{"id": ci, "store": STORE, "class": "pos_terminal", "provides": ["checkout"]} for ci in lanes]
    items += [{"id": ci, "store": STORE, "class": "signage", "provides": ["promotions"]} for ci in CHATTY]
    world = made(
        tmp_path_factory.mktemp("outage"),
        checks,
        items,
        lambda ci, at: any(spell.begins <= at < spell.ends for spell in down.get(ci, ())),
        RATE,
    )
    world.store.connect()
    world.every(2.0, world.centre.look, START + 900)
    world.timeline.run(START + 600)
    world.store.cut()
    world.timeline.run(START + 900)
    world.every(600.0, world.centre.look, BACK - 60)
    world.every(300.0, world.store.turn, BACK - 1)
    world.timeline.run(BACK - 10)
    world.every(2.0, world.centre.look, END)
    world.timeline.run(BACK)
    world.store.connect()
    world.timeline.run(END)
    yield world
    world.store.log.close()
    world.centre.close()


def of(world: World, ci: str) -> list[Incident]:
    return [row for row in world.centre.incidents.values() if row.ci == f"{STORE}/{ci}"]


def tickets(world: World) -> dict[str, int]:
    """CI → how many tickets were asked for."""
    found: dict[str, int] = {}
    for _, effect in world.centre.effects:
        if effect.kind == "open_ticket":
            ci = world.centre.incidents[effect.incident].ci.removeprefix(f"{STORE}/")
            found[ci] = found.get(ci, 0) + 1
    return found


@pytest.mark.timeout(1800)
@pytest.mark.shows("3", "a long outage is replayed in order within 10 min through 512 kbit/s, nothing of it dropped")
def test_the_outage_is_replayed_in_order_within_ten_minutes(world: World, figure: Callable[[str], None]) -> None:
    replayed = [sent for sent in world.store.arrived if not sent.live and sent.at >= BACK]
    took = max(sent.at for sent in replayed if sent.decided is None or sent.decided < BACK) - BACK
    standing = world.store.log.standing()
    figure(
        f"{HOURS:g} h, {len(replayed)} records in {took:.0f} s, {world.store.up.bytes / 1e6:.2f} MB up in all; "
        f"log {world.log_bytes / 2**20:.1f} MiB"
    )
    assert took <= REPLAYED_WITHIN
    assert (standing.dropped, standing.pending) == (0, 0)
    assert all(earlier.seq < later.seq for earlier, later in pairwise(replayed))
    told = [record for entry in world.centre.entries() if isinstance(entry, Records) for record in entry.records]
    assert sorted(record.seq for record in told) == list(range(1, len(told) + 1)), "each once, none missing"


@pytest.mark.shows("3", "live stays ahead of the backlog")
def test_live_stays_ahead_of_the_backlog(world: World, figure: Callable[[str], None]) -> None:
    """p95 from an agent's decision to the collector's commit, while the backlog goes through the same line."""
    late = sorted(
        sent.at - sent.decided for sent in world.store.arrived if sent.live and sent.decided and sent.at > BACK
    )
    p95 = late[int(len(late) * 0.95)]
    figure(f"{len(late)} live transitions, p95 {p95:.2f} s, at most {late[-1]:.2f} s")
    assert len(late) >= len(LATER) * 4
    assert p95 <= 10


@pytest.mark.shows("3", "what began and ended in the outage is historical and never ticketed")
def test_what_began_and_ended_in_the_outage_is_history(world: World, figure: Callable[[str], None]) -> None:
    down, asked = spells(), tickets(world)
    for ci in BRIEF:
        (row,) = of(world, ci)
        (spell,) = down[ci]
        assert "historical" in row.flags, ci
        assert spell.begins <= row.started_at <= spell.begins + LATE
        assert row.restored_at is not None
        assert spell.ends <= row.restored_at <= spell.ends + LATE
        assert ci not in asked
    for ci in CHATTY:
        assert of(world, ci), ci
        assert all("historical" in row.flags for row in of(world, ci))
        assert ci not in asked
    figure(f"{len(BRIEF) + len(CHATTY)} CIs that failed and healed in it: 0 tickets")


@pytest.mark.shows("3", "what is still open is ticketed once, dated when it began")
def test_what_is_still_open_is_ticketed_once_dated_when_it_began(world: World, figure: Callable[[str], None]) -> None:
    down, asked = spells(), tickets(world)
    for ci in LASTING:
        (row,) = of(world, ci)
        (spell,) = down[ci]
        assert row.state == "open"
        assert spell.begins <= row.started_at <= spell.begins + LATE
        assert asked[ci] == 1
    figure(f"{len(LASTING)} still failing: {sum(asked[ci] for ci in LASTING)} tickets")


@pytest.mark.shows("3", "72 h of measurements that nobody heard are in the journal as summaries")
def test_every_measurement_of_the_outage_is_in_a_summary(world: World, figure: Callable[[str], None]) -> None:
    told = [record for entry in world.centre.entries() if isinstance(entry, Records) for record in entry.records]
    summaries = [record for record in told if isinstance(record, Summary)]
    ok = [record for record in summaries if record.check == f"{WELL[0]}/tcp"]
    covered = sum(record.count for record in ok)
    figure(
        f"{len(summaries)} summaries of {sum(record.count for record in summaries)} measurements; "
        f"{sum(isinstance(record, Transition) for record in told)} transitions"
    )
    assert HOURS * 3600 / PATIENCE.interval <= covered <= HOURS * 3600 / PATIENCE.interval + 10
    assert all(earlier.until < later.since for earlier, later in pairwise(ok))
