"""Many worlds, one after the other on each core, and what was wrong in each."""

import logging
import os
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from tests.simulation import plan, script, verdict, world
from tests.simulation.network import Weather
from tests.simulation.world import AS_IS, Parts


class Outcome(NamedTuple):
    """`wrong` is empty when the world agrees with the oracle."""

    seed: int
    wrong: list[str]
    story: list[str]


def tried(seed: int, parts: Parts = AS_IS, weather: Weather | None = None) -> Outcome:
    """One world, with the weather that its seed draws or another. Whatever breaks in it is an outcome too."""
    logging.disable(logging.CRITICAL)  # refusals and restarts are what this is about, thousands of them
    told, drawn = script.written(seed), plan.drawn(seed)
    drawn = drawn if weather is None else drawn._replace(weather=weather)
    try:
        books = world.run(seed, told, drawn, parts)
        return Outcome(seed, verdict.wrong(books, told, drawn.weather), books.story)
    except Exception:
        return Outcome(seed, [traceback.format_exc()], [])
    finally:
        logging.disable(logging.NOTSET)


def swept(seeds: Iterable[int], workers: int | None = None) -> Iterator[Outcome]:
    """All of `seeds`, in their order, on as many processes as there are cores."""
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(tried, seeds, chunksize=4)


def replay(seed: int) -> str:
    """The command that shows the same again."""
    return f"./run simulate --seed {seed} --trace"
