"""Worlds in which some records are resent and others overtake them, or in which the line is cut for a while; each told
over a perfect line as well.

`python -m tests.rules.overtaking --worlds 1500 --store switched --least 20 --longest 120` names the seeds whose records
differ; with `--cut` those whose line is cut.
"""

import argparse
import random
import sys
from typing import Any, NamedTuple

from contract.records import Transition
from contract.status import Status
from tests.rules.estates import START, Story
from tests.rules.lines import SETTLED, Turn, backed_store, cut, facts, log_of, one_store, overtaken, perfect

CHECKS = ("sw-01/icmp", "pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "pos-04/tcp", "sign/tcp")
AWAY = (20.0, 60.0, 300.0, 600.0)  # seconds for which a line is cut
LATE = (4.0, 12.0, 60.0)  # seconds until a record that was lost is there, at most


class Place(NamedTuple):
    """A store, and what each of its checks says when not all is well."""

    cmdb: dict[str, Any]
    unwell: dict[str, Status]


SWITCHED = Place(one_store(), dict.fromkeys(CHECKS, Status.CRITICAL))
BACKED = Place(
    backed_store(),
    {"wan-01/icmp": Status.CRITICAL, "lte-01/snmp": Status.WARNING, "pos-01/tcp": Status.CRITICAL},
)
PLACES = {"switched": SWITCHED, "backed": BACKED}


class Pace(NamedTuple):
    """Seconds from one turn of a check to the next."""

    least: float
    longest: float


PACES = (Pace(4.0, 120.0), Pace(20.0, 120.0), Pace(60.0, 600.0))


def told_twice(place: Place, pace: Pace, seed: int) -> tuple[Story, Story]:
    """The same world over a perfect line, and with records that overtake each other."""
    chance = random.Random(f"{pace.least}-{pace.longest}-{seed}")
    log = log_of_a_world(place, pace, chance)
    whole = perfect(Story(place.cmdb), log)
    mixed = overtaken(Story(place.cmdb), log, chance.choice(LATE), chance)
    return settled(whole, mixed)


def told_around_a_cut(place: Place, seed: int) -> tuple[Story, Story]:
    """The same world over a perfect line, and over one that is away for a while."""
    chance = random.Random(f"cut-{seed}")
    log = log_of_a_world(place, PACES[seed % len(PACES)], chance)
    gone, lasting = START + chance.uniform(20.0, 1_200.0), chance.choice(AWAY)
    return settled(perfect(Story(place.cmdb), log), cut(Story(place.cmdb), log, gone, gone + lasting, chance))


def settled(whole: Story, mixed: Story) -> tuple[Story, Story]:
    """Both at one instant, at which nothing of a past is waited for any more."""
    end = max(whole.now, mixed.now) + SETTLED
    whole.wait(end - whole.now)
    mixed.wait(end - mixed.now)
    return whole, mixed


def log_of_a_world(place: Place, pace: Pace, chance: random.Random) -> list[Transition]:
    """Every check begins well; some turn now and then."""
    checks = tuple(place.unwell)
    turns = [Turn(START + 10 + at / 2, check, Status.OK) for at, check in enumerate(checks)]
    for check in chance.sample(checks, chance.randint(1, len(checks))):
        at, state = START + 60.0, Status.OK
        for _ in range(chance.randint(1, 5)):
            at, state = at + chance.uniform(*pace), place.unwell[check] if state is Status.OK else Status.OK
            turns.append(Turn(at, check, state))
    return log_of(turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--store", choices=PLACES, default="switched")
    parser.add_argument("--least", type=float, default=20.0)
    parser.add_argument("--longest", type=float, default=120.0)
    parser.add_argument("--cut", action="store_true", help="the line is cut, at one pace after the other")
    asked = parser.parse_args()
    place, pace, wrong = PLACES[asked.store], Pace(asked.least, asked.longest), []
    for seed in range(asked.first, asked.first + asked.worlds):
        whole, mixed = told_around_a_cut(place, seed) if asked.cut else told_twice(place, pace, seed)
        if facts(whole) != facts(mixed) or mixed.state.pasts:
            wrong.append(seed)
    sys.stdout.write(f"{len(wrong)} of {asked.worlds} worlds differ: {wrong}\n")


if __name__ == "__main__":
    main()
