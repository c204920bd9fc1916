"""Plays one scenario: breaks what it says, waits for its incidents, mends, waits for their end; says what lacked."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tillwatch.demo.scenario import Scenario
from tillwatch.demo.stage import Stage, cause, mend
from tillwatch.demo.verdict import OVER, missing_end, missing_open, unexpected
from tillwatch.demo.watch import Watch

Json = dict[str, Any]
Tell = Callable[[str], None]


class Patience(NamedTuple):
    """Seconds that an opening and an end may take before they count as missing, and how long to look at it between."""

    opening: float
    end: float
    linger: float = 0.0


class Outcome(NamedTuple):
    """`lacking` is empty when all came as expected. Times in seconds: first fault to opened, mended to resolved."""

    lacking: list[str]
    opened_after: float = 0.0
    over_after: float = 0.0


async def play(scenario: Scenario, stage: Stage, watch: Watch, patience: Patience, tell: Tell) -> Outcome:
    await watch.look()
    act = _Act(watch)
    began = time.monotonic()
    try:
        for fault in scenario.faults:
            tell(await cause(stage, fault))
        lacking = await watch.until(lambda: missing_open(scenario.expect, act.incidents()), patience.opening)
        opened_after = time.monotonic() - began
        await watch.until(lambda: ["time to look at it"], 0.0 if lacking else patience.linger)
    finally:
        await mend(stage)
    if lacking:
        return Outcome(lacking + unexpected(scenario.expect, act.incidents()))
    mended = time.monotonic()
    tell("mended")
    lacking = await watch.until(lambda: missing_end(scenario.expect, act.incidents()) + act.unresolved(), patience.end)
    lacking += unexpected(scenario.expect, act.incidents())
    return Outcome(lacking, opened_after, time.monotonic() - mended)


class _Act:
    """The incidents that an act touched: those that are not as they were before it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._before = dict(watch.incidents)

    def incidents(self) -> list[Json]:
        return [one for id_, one in self._watch.incidents.items() if self._touched(self._before.get(id_), one)]

    def unresolved(self) -> list[str]:
        left = [one for one in self.incidents() if one["state"] not in OVER]
        return [f"{one['category']} on {one['ci']} is still {one['state']}" for one in left]

    def _touched(self, before: Json | None, now: Json) -> bool:
        """What is over since before the act may still be closed; over anew, it was reopened and belongs to the act."""
        both_over = before is not None and before["state"] in OVER and now["state"] in OVER
        over_since_before = both_over and before is not None and before["resolved_at"] == now["resolved_at"]
        return before != now and not over_since_before
