"""Measures every check in its turn and passes each decided change on."""

import asyncio
from collections.abc import Callable, Iterable

from contract.reports import Belief
from contract.results import Result, Results, columns
from contract.status import Status
from edge_agent import schedule
from edge_agent.clocks import Clock
from edge_agent.config import Check
from edge_agent.judge import Change, Judgement, Measurement, Watch, judged, unseen
from edge_agent.log import Draft
from edge_agent.runner import Runner
from edge_agent.schedule import Schedule
from edge_agent.status import CheckStatus

LOOK_EVERY = 1.0  # seconds between looks for checks that were not measured
_PAUSED = 3.0  # a look that comes later than this says that we stood still, not that devices were silent


class Watcher:
    """All checks of an agent. `decide` takes each change, `measured` each measurement."""

    def __init__(  # noqa: PLR0913 - everything it touches is passed in
        self,
        agent: str,
        checks: Iterable[Check],
        runner: Runner,
        clock: Clock,
        decide: Callable[[Draft], None],
        *,
        measured: Callable[[str, Measurement], None] = lambda _key, _measurement: None,
    ) -> None:
        self._checks = {check.key: check for check in checks}
        self._parts = {key: schedule.fraction(agent, key) for key in self._checks}
        self._runner = runner
        self._clock = clock
        self._decide = decide
        self._measured = measured
        self._schedule = Schedule()
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._watches = dict.fromkeys(self._checks, Watch())
        self._latest: dict[str, Measurement] = {}
        self._seen: dict[str, float] = {}
        self.turns = 0  # of the schedule, at least one a second while it lives

    def believe(self, beliefs: Iterable[Belief]) -> list[str]:
        """Takes over what an earlier life believed. Returns the checks among it that are no longer configured."""
        gone = []
        for belief in beliefs:
            if belief.check in self._checks:
                self._watches[belief.check] = Watch(state=belief.state)
            else:
                gone.append(belief.check)
        return gone

    def results(self) -> Results | None:
        """The latest measurement of every check; None while there is none."""
        return columns(
            Result(key, latest.status, round(latest.ms, 3), latest.text) for key, latest in self._latest.items()
        )

    def statuses(self) -> list[CheckStatus]:
        return [self._status(key) for key in self._checks]

    async def run(self) -> None:
        """Until cancelled; what is being measured is cancelled with it."""
        start = self._clock.steady()
        for key, check in self._checks.items():
            self._seen[key] = start
            self._schedule.plan(key, schedule.first_due(start, self._parts[key], check.patience.interval))
        looked = start
        try:
            while True:
                self.turns += 1
                now = self._clock.steady()
                for key in self._schedule.take_due(now):
                    self._begin(self._checks[key], start)
                if now >= looked + LOOK_EVERY:
                    self._look(now, now - looked)
                    looked = now
                await self._wait(looked + LOOK_EVERY)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _begin(self, check: Check, start: float) -> None:
        task = asyncio.create_task(self._measure(check, start))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _measure(self, check: Check, start: float) -> None:
        measurement = await self._runner.measure(check)
        now = self._clock.steady()
        self._latest[check.key] = measurement
        self._seen[check.key] = now
        self._measured(check.key, measurement)
        again = self._take(check.key, judged(self._watches[check.key], measurement, check.patience))
        due = schedule.next_due(start, self._parts[check.key], check.patience.interval, now)
        self._schedule.plan(check.key, min(due, now + check.patience.retry) if again else due)
        self._woken.set()

    def _look(self, now: float, since_last: float) -> None:
        if since_last > _PAUSED:
            self._seen = {key: seen + since_last for key, seen in self._seen.items()}
        wall = self._clock.stamp().wall
        for key, check in self._checks.items():
            seen_wall = wall - (now - self._seen[key])
            self._take(key, unseen(self._watches[key], seen_wall, wall, check.patience))

    def _take(self, key: str, judgement: Judgement) -> bool:
        self._watches[key] = judgement.watch
        if judgement.change is not None:
            self._pass_on(key, judgement.change)
        return judgement.again

    def _pass_on(self, key: str, change: Change) -> None:
        self._decide(Draft(key, change, self._clock.stamp(), self._checks[key].patience.interval))

    def _status(self, key: str) -> CheckStatus:
        latest = self._latest.get(key)
        state: Status | None = self._watches[key].state
        if latest is None:
            return CheckStatus(key, state, None, None, None, "")
        return CheckStatus(key, state, latest.status, latest.at, latest.ms, latest.text)

    async def _wait(self, until: float) -> None:
        """Until the next turn, but no later than `until`."""
        self._woken.clear()
        due = self._schedule.next()
        delay = max(0.0, min(until, until if due is None else due) - self._clock.steady())
        try:
            async with asyncio.timeout(delay):
                await self._woken.wait()
        except TimeoutError:
            return
