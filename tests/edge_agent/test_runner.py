"""No probe can harm another."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from contract.records import Stamp
from contract.results import MAX_TEXT
from contract.status import Status
from edge_agent.clocks import HostClock
from edge_agent.config import Check
from edge_agent.judge import Measurement, Patience
from edge_agent.runner import PAUSED, Runner, presentable
from probes.probe import Probe, Unusable, Verdict


class Nothing(msgspec.Struct, frozen=True):
    pass


class Said(msgspec.Struct, frozen=True):
    text: str


def check(
    ask: Callable[[str, Nothing], Awaitable[Said]],
    key: str = "pos-01/fake",
    judge: Callable[[Said, Nothing], Verdict] = lambda said, _: Verdict(Status.OK, said.text),
) -> Check:
    probe = Probe(
        settings=Nothing, target="", check=str, probe=ask, silent=lambda s: Said(f"silent for {s:g} s"), judge=judge
    )
    return Check(key, "fake", "", probe, Nothing(), timeout=0.1, patience=Patience(1.0))


def measured(*checks: Check, concurrency: int = 10) -> list[Measurement]:
    async def run() -> list[Measurement]:
        runner = Runner(concurrency, HostClock())
        return await asyncio.gather(*(runner.measure(one) for one in checks))

    return asyncio.run(run())


async def well(_target: str, _settings: Nothing) -> Said:
    return Said("well")


async def raising(_target: str, _settings: Nothing) -> Said:
    raise ZeroDivisionError("in the probe")


async def leaving(_target: str, _settings: Nothing) -> Said:
    raise SystemExit(3)


async def unusable(_target: str, _settings: Nothing) -> Said:
    raise Unusable("found 'x', expected host:port")


async def cancelling(_target: str, _settings: Nothing) -> Said:
    raise asyncio.CancelledError


async def hanging(_target: str, _settings: Nothing) -> Said:
    await asyncio.sleep(60)
    return Said("too late")


async def flooding(_target: str, _settings: Nothing) -> Said:
    return Said("card 4111 1111 1111 1111 \x1b[31m" + "x" * 10_000_000)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (raising, "the probe failed: ZeroDivisionError: in the probe"),
        (leaving, "the probe failed: RuntimeError: the probe tried to end the agent: SystemExit(3)"),
        (unusable, "found 'x', expected host:port"),
        (cancelling, "the probe cancelled itself"),
    ],
)
def test_a_probe_that_does_not_answer_is_unknown_with_the_reason(
    ask: Callable[[str, Nothing], Awaitable[Said]], text: str
) -> None:
    (measurement,) = measured(check(ask))
    assert (measurement.status, measurement.text) == (Status.UNKNOWN, text)


def test_a_judge_that_raises_is_unknown_too() -> None:
    def judge(_said: Said, _settings: Nothing) -> Verdict:
        raise KeyError("missing")

    (measurement,) = measured(check(well, judge=judge))
    assert measurement.text == "the probe failed: KeyError: 'missing'"


def test_a_silent_device_is_judged_as_silent() -> None:
    (measurement,) = measured(check(hanging))
    assert (measurement.status, measurement.text) == (Status.OK, "silent for 0.1 s")
    assert 100 <= measurement.ms < 2000


def test_what_a_device_says_is_cut_cleaned_and_card_numbers_are_masked() -> None:
    (measurement,) = measured(check(flooding))
    assert measurement.text.startswith("card [card number removed] [31mxxx")
    assert len(measurement.text) == MAX_TEXT


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("till 1\r\nis off", "till 1 is off"),
        ("4111\x001111\x001111\x001111", "[card number removed]"),
        ("cut by the probe: 41111111111111…", "cut by the probe: …"),
        ("x" * 295 + " 12345", "x" * 295 + " 123…"),
    ],
)
def test_texts_hold_one_line_and_no_card_number(said: str, text: str) -> None:
    assert presentable(said) == text


def test_hanging_probes_hold_their_slots_no_longer_than_their_deadline() -> None:
    hung = [check(hanging, f"pos-{number:02d}/fake") for number in range(8)]
    began = time.monotonic()
    *_, last = measured(*hung, check(well, "pos-99/fake"), concurrency=4)
    assert last.text == "well"
    assert time.monotonic() - began < 5


def test_a_probe_that_ignores_its_cancellation_is_left_behind_and_not_run_again_before_it_ends() -> None:
    async def run() -> list[str]:
        release = asyncio.Event()

        async def stubborn(_target: str, _settings: Nothing) -> Said:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue
            return Said("at last")

        runner = Runner(1, HostClock())
        stuck = check(stubborn)
        texts = [(await runner.measure(stuck)).text, (await runner.measure(stuck)).text]
        texts.append((await runner.measure(check(well, "pos-02/fake"))).text)
        release.set()
        async with asyncio.timeout(10):
            while runner.left_behind():  # noqa: ASYNC110 - a task's end is what is waited for
                await asyncio.sleep(0)
        texts.append((await runner.measure(stuck)).text)
        return texts

    assert asyncio.run(run()) == [
        "the probe ignored its deadline of 0.1 s",
        "the last run of this probe ignored its deadline and has not ended",
        "well",
        "at last",
    ]


class StoppedClock(HostClock):
    """A host that stood still for a while during the first measurement."""

    def __init__(self) -> None:
        super().__init__()
        self._readings = iter([0.0, PAUSED + 1.0, 100.0, 100.05])

    def stamp(self) -> Stamp:
        return Stamp(1000.0, "b1", 1000.0)

    def steady(self) -> float:
        return next(self._readings)


def test_a_measurement_during_which_this_host_stood_still_is_made_again() -> None:
    answers = iter(["silence that proves nothing", "well"])

    async def ask(_target: str, _settings: Nothing) -> Said:
        return Said(next(answers))

    async def run() -> Measurement:
        return await Runner(1, StoppedClock()).measure(check(ask))

    assert asyncio.run(run()).text == "well"
