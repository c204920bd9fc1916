"""What befalls a world, and when: drawn from its seed."""

from random import Random
from typing import Literal, NamedTuple

from tests.simulation.network import Weather
from tests.simulation.script import CALM, CHAOS, STORES
from tests.simulation.timeline import START

Kind = Literal[
    "cut", "deafen", "reset", "kill agent", "kill collector", "pause collector", "refuse", "cut collector",
    "kill broker", "step clock",
]  # fmt: skip
_WEIGHTS: dict[Kind, int] = {
    "cut": 6, "deafen": 2, "reset": 2, "kill agent": 5, "kill collector": 12, "pause collector": 1, "refuse": 2,
    "cut collector": 2, "kill broker": 2, "step clock": 1,
}  # fmt: skip


class Fault(NamedTuple):
    """`places`: after how many more places a process dies; 0: at once. `work`: only places of this kind of work count.
    `seconds`: how long it lasts.
    """

    at: float
    kind: Kind
    store: str
    seconds: float
    places: int
    work: str


class Plan(NamedTuple):
    """`errors`: store → seconds its wall clock is ahead. `keep`: seconds that a log keeps what is pending."""

    weather: Weather
    queue: int
    keep: float
    errors: dict[str, float]
    faults: tuple[Fault, ...]


CALM_PLAN = Plan(Weather(), 1_000, 72 * 3600.0, dict.fromkeys(STORES, 0.0), ())


def drawn(seed: int) -> Plan:
    chance = Random(f"{seed}/plan")
    faults = sorted(_fault(chance) for _ in range(chance.randint(1, 12)))
    return Plan(
        weather=_weather(chance),
        queue=chance.choice((5, 1_000, 1_000)),
        keep=chance.choice((72 * 3600.0, 72 * 3600.0, 72 * 3600.0, 240.0)),
        errors={store: chance.choice((0.0, 0.0, 7.0, -90.0, 3600.0)) for store in STORES},
        faults=tuple(faults),
    )


def _weather(chance: Random) -> Weather:
    return Weather(
        delay=chance.choice((0.02, 0.02, 0.2, 1.0)),
        lose_up=chance.choice((0.0, 0.0, 0.05, 0.3)),
        lose_down=chance.choice((0.0, 0.0, 0.1, 0.4)),
        twice=chance.choice((0.0, 0.0, 0.2)),
        overtake=chance.choice((0.0, 0.0, 0.0, 0.1)),
    )


def _fault(chance: Random) -> Fault:
    kind: Kind = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    return Fault(
        at=START + CALM + chance.uniform(0, CHAOS - 60),
        kind=kind,
        store=chance.choice(STORES),
        seconds=chance.choice((3.0, 15.0, 30.0, 90.0, 400.0)) * chance.uniform(0.7, 1.3),
        places=chance.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 12)),
        work=chance.choice(("", "news", "engine")),
    )
