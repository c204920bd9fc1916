"""Segments of a journal run again: one after the other, or side by side, each in a process of its own."""

import signal
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

from collector import segment_run
from collector.database import Database, opened
from collector.recording import Segment, Tell
from collector.segment_run import SegmentRun

_EVERY = 0.2  # seconds from one look at how far they are to the next
_MANY = 500  # entries that a process runs before it says so

_done: "Synchronized[int]"  # entries done by all; in a process that runs segments


def one_by_one(database: Database, segments: list[Segment], tell: Tell) -> list[SegmentRun]:
    """In order. Raises CheckpointError, DatabaseError."""
    runs, before = list[SegmentRun](), 0

    def tell_all(done: int) -> None:
        tell(before + done)

    for segment in segments:
        with database.reading() as connection:
            runs.append(segment_run.run(connection, segment, tell_all))
        before += runs[-1].entries
    return runs


def side_by_side(url: str, segments: list[Segment], jobs: int, tell: Tell) -> list[SegmentRun]:
    """In order, `jobs` at a time. Raises CheckpointError, DatabaseError; BrokenProcessPool when a process is killed."""
    context = get_context("spawn")  # a fork would share the database's connections
    done = context.Value("q", 0)
    with ProcessPoolExecutor(jobs, context, _begin, (done,)) as pool:
        runs = [pool.submit(_in_a_process, url, segment) for segment in segments]
        try:
            while (now := wait(runs, _EVERY, FIRST_EXCEPTION)).not_done:
                tell(done.value)
                for run in now.done:
                    run.result()
            return [run.result() for run in runs]
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(done: "Synchronized[int]") -> None:
    global _done  # noqa: PLW0603 - how a pool hands its processes what they share
    _done = done
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends without a word: the one that began it says what there is to say


def _in_a_process(url: str, segment: Segment) -> SegmentRun:
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if done - told >= _MANY:
            with _done.get_lock():
                _done.value += done - told
            told = done

    database = opened(url)
    try:
        with database.reading() as connection:
            return segment_run.run(connection, segment, tell)
    finally:
        database.close()
