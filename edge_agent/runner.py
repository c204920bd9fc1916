"""Runs probes so that none can harm another: at most so many at once, a deadline on each, and an answer in every case.

| the probe | becomes |
|---|---|
| returns | what its judge says |
| is silent until the deadline | what its judge says of silence |
| raises | unknown, with the exception |
| blocks the event loop | unknown, after the others waited for it (edge_agent.stall) |
| ignores its cancellation | unknown; it is left behind, and its check is not run again before it ends |
| says more than fits | cut, and card numbers masked |
| ends long after its deadline, as this process did not run | nothing: that says something of us, not of the device |
"""

import asyncio
import re

from contract.cardguard import scrubbed
from contract.results import MAX_TEXT
from contract.status import Status
from edge_agent import stall
from edge_agent.clocks import Clock
from edge_agent.config import Check
from edge_agent.judge import Measurement
from probes.probe import Unusable
from probes.text import cleaned

_CUT_DIGITS = re.compile(r"\d[\d -]{6,}…\Z")

PAUSED = 2.0  # seconds beyond a deadline that only a process that was stopped is late
GIVES_WAY_WITHIN = 0.25  # seconds in which a cancelled probe closes what it opened


class Runner:
    """Measures checks on the running event loop; `concurrency` of them at once."""

    def __init__(self, concurrency: int, clock: Clock) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._clock = clock
        self._abandoned: dict[str, asyncio.Task[object]] = {}

    def left_behind(self) -> list[str]:
        """The checks whose probe ignored its deadline and has not ended yet."""
        return list(self._abandoned)

    async def measure(self, check: Check) -> Measurement:
        """One measurement of `check`, no later than its timeout after a slot was free."""
        if check.key in self._abandoned:
            return self._unknown("the last run of this probe ignored its deadline and has not ended", 0.0)
        async with self._slots:
            measurement = await self._measured(check)
            if measurement is None:
                measurement = await self._measured(check)
        if measurement is None:
            return self._unknown("this host stood still twice while measuring", 0.0)
        return measurement

    async def _measured(self, check: Check) -> Measurement | None:
        """None when the process stood still, so that the deadline proves nothing."""
        started = self._clock.steady()
        task: asyncio.Task[object] = asyncio.create_task(_asked(check), name=stall.task_name(check.key))
        try:
            done, _ = await asyncio.wait({task}, timeout=check.timeout)
        except asyncio.CancelledError:
            task.cancel()
            raise
        took = self._clock.steady() - started
        if not done and not await self._cut_off(check.key, task):
            return self._unknown(f"the probe ignored its deadline of {check.timeout:g} s", took)
        if took > check.timeout + PAUSED:
            return None
        return self._judged(check, task if done else None, took)

    async def _cut_off(self, key: str, task: asyncio.Task[object]) -> bool:
        """True when the probe gave way; else it is left behind until it ends by itself."""
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=GIVES_WAY_WITHIN)
        if not done:
            self._abandoned[key] = task
            task.add_done_callback(lambda ended: self._forget(key, ended))
        elif not task.cancelled():
            task.exception()  # too late to matter, and asyncio wants it looked at
        return bool(done)

    def _forget(self, key: str, task: asyncio.Task[object]) -> None:
        del self._abandoned[key]
        if not task.cancelled():
            task.exception()

    def _judged(self, check: Check, task: asyncio.Task[object] | None, took: float) -> Measurement:
        """`task` has ended; None: the deadline passed first."""
        try:
            observation = check.probe.silent(check.timeout) if task is None else task.result()
            verdict = check.probe.judge(observation, check.settings)
            status, text = Status(verdict.status), verdict.text
        except asyncio.CancelledError:
            return self._unknown("the probe cancelled itself", took)
        except Unusable as error:
            return self._unknown(str(error), took)
        except Exception as error:
            return self._unknown(f"the probe failed: {type(error).__name__}: {error}", took)
        return Measurement(status, self._clock.stamp().wall, took * 1000, presentable(text))

    def _unknown(self, text: str, took: float) -> Measurement:
        return Measurement(Status.UNKNOWN, self._clock.stamp().wall, took * 1000, presentable(text))


async def _asked(check: Check) -> object:
    try:
        observation: object = await check.probe.probe(check.target, check.settings)
    except (SystemExit, KeyboardInterrupt) as error:
        # asyncio would let these through and end the agent.
        raise RuntimeError(f"the probe tried to end the agent: {error!r}") from error
    return observation


def presentable(text: str) -> str:
    """`text` as it may be stored and sent: one bounded line without card numbers, not even one that was cut in half."""
    return _CUT_DIGITS.sub("…", cleaned(scrubbed(cleaned(text, 4 * MAX_TEXT))))
