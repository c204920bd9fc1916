"""Bits of an agent's log flip, its tail is torn off, blocks of it are gone: the agent starts, and says what it lost."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from contract.ranges import contains, merged
from contract.records import Gap
from tests.faults import agent_cuts, disk
from tests.faults.agent_cuts import Log
from tests.faults.disk import Disk, Image
from tests.faults.recording import recorder

DAMAGES = int(os.environ.get("TILLWATCH_DAMAGES", "100"))  # of each kind
SECONDS = float(os.environ.get("TILLWATCH_RECORDED_SECONDS", "20"))
A_WHILE = 2.0  # seconds: opening reads what is pending, and what follows reads the rest
SIDE_BY_SIDE = os.cpu_count() or 1

Damage = Callable[[bytearray, random.Random], None]


def flipped_bit(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def torn_tail(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def lost_block(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data)) // 4096 * 4096
    data[at : at + 4096] = bytes(len(data[at : at + 4096]))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Image, Log]:
    """What an agent that was killed at work leaves, with a log beside its database that is not folded into it yet."""
    folder = tmp_path_factory.mktemp("sound")
    killed = Disk()
    for entry in agent_cuts.recorded(folder / "agent", recorder(folder), SECONDS, acks=0.0):
        killed.take(entry)
    image = killed.now()
    disk.write(image, folder / "opened")
    return image, agent_cuts.opened(folder / "opened")


@pytest.mark.timeout(3600)
@pytest.mark.shows("row 3", "A damaged log opens unaided; what is gone is declared, what is left is what was written")
@pytest.mark.parametrize("damage", [flipped_bit, torn_tail, lost_block])
def test_a_damaged_log_opens_and_accounts_for_what_is_gone(
    damage: Damage,
    sound: tuple[Image, Log],
    tmp_path: Path,
    figure: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> None:
    image, before = sound

    def look(number: int) -> tuple[Log, list[str]]:
        chance = random.Random(f"{damage.__name__}/{number}")
        name = chance.choice([name for name in ("agent.db", "agent.db-wal") if image.get(name)])
        data = bytearray(image[name])
        damage(data, chance)
        folder = tmp_path / str(number)
        disk.write(image | {name: bytes(data)}, folder)
        after = agent_cuts.opened(folder, A_WHILE)
        return after, [f"{damage.__name__} {number} of {name}: {text}" for text in unaccounted(before, after)]

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        looks = [pool.submit(look, number) for number in range(DAMAGES)]
        for done, _ in enumerate(as_completed(looks), start=1):
            progress(done, DAMAGES)
    logs = [one.result()[0] for one in looks]
    wrong = [text for one in looks for text in one.result()[1]]
    aside, declared = sum(log.aside > 0 for log in logs), sum(log.dropped for log in logs)
    tails = sum(len(before.records.keys() - log.records.keys()) for log in logs) - declared
    figure(
        f"{DAMAGES} times: {aside} logs set aside, {declared} records declared lost, {tails} gone with an end or a"
        f" begin that nothing is left of; {len(wrong)} unaccounted for or changed"
    )
    assert aside + tails > 0, "the damage has hit nothing"
    assert wrong == []


def unaccounted(before: Log, after: Log) -> list[str]:
    """Records that are neither there nor declared; those that nobody wrote; and epochs that go on with their numbers.

    Before the first record that an epoch still has nothing need be declared: a hello says where the log begins. A
    tail that is gone cannot be known to the log: its epoch has ended, and the collector knows what it has of it.
    """
    found = []
    for epoch in before.lasts:
        left = {seq: record for (of, seq), record in after.records.items() if of == epoch}
        gone = [(gap.first, gap.last) for gap in left.values() if isinstance(gap, Gap)]
        had = merged([*((seq, seq) for seq in left), *gone])
        until = after.lasts.get(epoch, 0)
        found += [
            f"{epoch}/{seq} is neither there nor declared"
            for seq in range(min(left, default=until), until)
            if not contains(had, seq)
        ]
        written = {seq: record for (of, seq), record in before.records.items() if of == epoch}
        found += [
            f"{epoch}/{seq} is not what was written"
            for seq, record in left.items()
            if not isinstance(record, Gap) and written.get(seq) != record
        ]
    current = list(after.lasts)[-1]
    if current in before.lasts:
        found.append(f"{current} goes on after its end")
    return found
