"""Wall clocks step while everything runs: no false incident, and what fails afterwards is told as soon as ever."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.chain import Chain, ended, staying, until, watched
from tests.faults.clocks import FalseClock
from tests.faults.ledger import ledger
from tests.faults.shop import Shop

pytestmark = pytest.mark.timeout(1200)
HOUR = 3600
SOON = 30.0  # seconds: far below the step


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
@pytest.mark.parametrize("who", ["collector", "0001"])
@pytest.mark.shows(
    "4", "a clock steps by an hour, of the collector or of an agent: no false incident, and none is late"
)
def test_step(tmp_path: Path, figure: Callable[[str], None], who: str, seconds: int) -> None:
    chain = Chain(tmp_path, [Shop("0001", 4), Shop("0002", 4)])
    clock = FalseClock(tmp_path)
    chain.commands[who] = clock.worn(chain.commands[who])
    shop = chain.shops["0001"]
    with watched(chain):
        clock.set(seconds)
        assert staying(lambda: chain.incidents() == [], 10)
        shop.off(0)
        began = time.monotonic()
        until(lambda: [one["ci"] for one in chain.incidents()] == ["0001/pos-01"], chain, SOON)
        told = time.monotonic() - began
        shop.on(0)
        began = time.monotonic()
        until(lambda: all(ended(one) for one in chain.incidents()), chain, SOON)
        over = time.monotonic() - began
        until(chain.are_settled, chain)
        assert chain.unreachable() == []
        assert len(chain.incidents()) == 1
    found = ledger(chain)
    assert found.sound, found
    figure(f"{who} {seconds:+d} s: 0 false, told after {told:.1f} s, over after {over:.1f} s; {found}")
