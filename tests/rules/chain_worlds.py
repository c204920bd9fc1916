"""Worlds of six stores and the acquirer that all of them ask, told over perfect lines and over others.

`python -m tests.rules.chain_worlds --worlds 300` names the seeds whose records differ, for each kind of line.
"""

import argparse
import random
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from contract.ranges import Ranges, added, holes_before
from contract.records import Transition
from contract.status import Status
from rules.entries import AgentHeard, AgentSilent, Records, Snapshot
from tests.rules.estates import START, Story, chain
from tests.rules.lines import LEASE, Facts, Turn, beliefs, facts, log_of
from tests.rules.overtaking import AWAY, LATE, settled

STORES = 6
BEGINS = {"acquirer-a/http": 10.0, "pos-01/tcp": 11.0, "sw-01/icmp": 12.0}
CLOSE = 60.0  # seconds: whose word begins or ends the fault of a shared CI depends on whose comes first

Logs = dict[str, list[Transition]]
Due = tuple[float, Callable[[], None]]
Fact = tuple[str, str, float, float | None]


class Said(NamedTuple):
    at: float
    agent: str
    record: Transition


def logs(chance: random.Random) -> Logs:
    """The acquirer fails once or twice, for most of the stores; some do not reach it by themselves."""
    at, outages = START + 100, list[tuple[float, float]]()
    for _ in range(chance.randint(1, 2)):
        begins = at + chance.uniform(30, 600)
        ends = begins + chance.uniform(20, 900)
        outages.append((begins, ends))
        at = ends + 300
    return {f"{number:04d}-s": log_of(_turns(number, outages, chance)) for number in range(1, STORES + 1)}


def _turns(number: int, outages: list[tuple[float, float]], chance: random.Random) -> list[Turn]:
    turns = [Turn(START + at + number / 10, check, Status.OK) for check, at in BEGINS.items()]
    if chance.random() < 0.8:
        for begins, ends in outages:
            turns += _failing("acquirer-a/http", begins + chance.uniform(1, 20), ends + chance.uniform(1, 20))
    elif chance.random() < 0.5:
        turns += _failing_alone("acquirer-a/http", chance)
    for check, often in (("pos-01/tcp", 0.5), ("sw-01/icmp", 0.2)):
        if chance.random() < often:
            turns += _failing_alone(check, chance)
    return turns


def _failing_alone(check: str, chance: random.Random) -> list[Turn]:
    begins = START + chance.uniform(60, 1_500)
    return _failing(check, begins, begins + chance.uniform(20, 400))


def _failing(check: str, begins: float, ends: float) -> list[Turn]:
    return [Turn(begins, check, Status.CRITICAL), Turn(ends, check, Status.OK)]


def told_late(seed: int) -> tuple[Story, Story]:
    """Some records are lost and sent again."""
    chance = random.Random(f"late-{seed}")
    every = logs(chance)
    longest = chance.choice(LATE)
    late = [one._replace(at=one.at + chance.choice([0, 0, 0, chance.uniform(0, longest)])) for one in _in_time(every)]
    return settled(_told(_in_time(every)), _told(late))


def told_around_cuts(seed: int) -> tuple[Story, Story]:
    """The lines of one or two stores are away for a while, and the backlog comes after."""
    chance = random.Random(f"cut-{seed}")
    every = logs(chance)
    gone = START + chance.uniform(20, 1_200)
    back = gone + chance.choice(AWAY)
    cut = chance.sample(sorted(every), chance.choice([1, 2]))
    mixed, due = Story(chain(STORES)), list[Due]()
    for one in _in_time(every):
        if not (one.agent in cut and gone <= one.at < back):
            due.append((one.at, partial(_say, mixed, one.agent, [one.record], live=True)))
    for agent in cut:
        before = [record for record in every[agent] if record.decided.wall < back]
        missed = [record for record in before if record.decided.wall >= gone]
        due.append((min(gone + LEASE, back), partial(_falls_silent, mixed, agent, gone)))
        due.append((back, partial(_is_back, mixed, agent, before)))
        for page in range(0, len(missed), 3):
            at = back + chance.uniform(0, 60)
            due.append((at, partial(_say, mixed, agent, missed[page : page + 3], live=False)))
    for at, happens in sorted(due, key=lambda one: one[0]):
        mixed.now = max(mixed.now, at)
        happens()
    return settled(_told(_in_time(every)), mixed)


def is_alike(one: Facts, other: Facts) -> bool:
    told, found = sorted(one.incidents, key=_by_start), sorted(other.incidents, key=_by_start)
    return one.worst == other.worst and len(told) == len(found) and all(map(_are_close, told, found))


def _by_start(fact: Fact) -> tuple[str, str, float]:
    return fact[:3]


def _are_close(one: Fact, other: Fact) -> bool:
    if one[:2] != other[:2] or abs(one[2] - other[2]) > CLOSE or (one[3] is None) != (other[3] is None):
        return False
    return abs((one[3] or 0.0) - (other[3] or 0.0)) <= CLOSE


def _in_time(every: Logs) -> list[Said]:
    return [Said(record.decided.wall, agent, record) for agent, log in every.items() for record in log]


def _told(said: list[Said]) -> Story:
    story, have = Story(chain(STORES)), dict[str, Ranges]()
    for one in sorted(said, key=lambda one: (one.at, one.agent, one.record.seq)):
        story.now = max(story.now, one.at)
        have[one.agent] = added(have.get(one.agent, ()), [one.record.seq])
        _say(story, one.agent, [one.record], live=True, holes=holes_before(have[one.agent], [one.record.seq]))
    return story


def _say(story: Story, agent: str, told: list[Transition], *, live: bool, holes: Ranges = ()) -> None:
    story.tell(Records(at=story.now, agent=agent, generation=1, live=live, records=[*told], holes=holes))


def _falls_silent(story: Story, agent: str, since: float) -> None:
    story.tell(AgentSilent(at=story.now, agent=agent, since=since))


def _is_back(story: Story, agent: str, believed: list[Transition]) -> None:
    story.tell(AgentHeard(at=story.now, agent=agent))
    story.tell(Snapshot(at=story.now, agent=agent, beliefs=beliefs(believed)))


KINDS = {"late": told_late, "cut": told_around_cuts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300)
    worlds = parser.parse_args().worlds
    for kind, told in KINDS.items():
        wrong = []
        for seed in range(worlds):
            whole, mixed = told(seed)
            if not is_alike(facts(whole), facts(mixed)) or mixed.state.pasts:
                wrong.append(seed)
        sys.stdout.write(f"{kind}: {len(wrong)} of {worlds} worlds differ: {wrong}\n")


if __name__ == "__main__":
    main()
