"""A probe that blocks the event loop is cut off; whatever else blocks it is only told."""

import asyncio
import signal
import time

from edge_agent import stall

LONG = 60.0


def blocking(name: str, seconds: float, notes: list[str]) -> tuple[float, str]:
    """How long a task of that name could block the loop, and what ended it."""

    async def block() -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - that it blocks is the point

    async def run() -> tuple[float, str]:
        with stall.cut_off(notes.append):
            began = time.monotonic()
            (ended,) = await asyncio.gather(asyncio.create_task(block(), name=name), return_exceptions=True)
            return time.monotonic() - began, type(ended).__name__

    return asyncio.run(run())


def test_a_probe_that_blocks_is_ended_in_the_middle_of_its_sleep_and_named() -> None:
    notes: list[str] = []
    took, ended = blocking(stall.task_name("pos-01/tcp"), LONG, notes)
    assert took < LONG
    assert ended == "Blocked"
    assert notes[0].startswith("pos-01/tcp: its probe blocked the agent for 1.5 s and was cut off, at test_stall.py:")


def test_what_is_no_probe_is_told_and_not_cut_off() -> None:
    notes: list[str] = []
    took, ended = blocking("log", 2 * stall.BLOCKED_AFTER, notes)
    assert took >= 2 * stall.BLOCKED_AFTER
    assert ended == "NoneType"
    assert notes[0].startswith("the agent stood still for 1.5 s, at test_stall.py:")


def test_the_handler_of_the_signal_is_given_back() -> None:
    before = signal.getsignal(signal.SIGURG)
    blocking(stall.task_name("pos-01/tcp"), 0.0, [])
    assert signal.getsignal(signal.SIGURG) is before
