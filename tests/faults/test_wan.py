"""The line between a store and the centre fails in every way that lines fail."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.chain import Chain, Settings, ended, until, watched
from tests.faults.ledger import ledger
from tests.faults.proxy import LateLine
from tests.faults.shop import Shop

pytestmark = pytest.mark.timeout(7200)
ROUNDS = int(os.environ.get("TILLWATCH_WAN_ROUNDS", "10"))
FLAPPING = float(os.environ.get("TILLWATCH_FLAP_SECONDS", "60"))  # the matrix says an hour


def incidents_of(chain: Chain) -> list[tuple[str, str]]:
    """(category, ci), newest first."""
    return [(one["category"], one["ci"]) for one in chain.incidents()]


def opened_once(chain: Chain, ci: str) -> dict[str, Any]:
    """The one incident of `ci`, as soon as there is one."""
    found = until(lambda: [one for one in chain.incidents() if one["ci"] == ci and not ended(one)], chain, 120)
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.shows("row 12", "a black-holed line is one store unreachable, by its lease; what failed meanwhile follows")
def test_black_hole(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 4), Shop("0002", 4)])
    cut = chain.shops["0001"]
    with watched(chain):
        cut.wan.black_hole()
        began = time.monotonic()
        until(lambda: chain.unreachable() == ["0001"], chain)
        seen = time.monotonic() - began
        cut.off(0)
        assert len(chain.incidents()) == 1, "and nothing else"
        time.sleep(3)
        cut.wan.heal()
        until(lambda: chain.unreachable() == [], chain)
        opened_once(chain, "0001/pos-01")
        until(chain.are_settled, chain)
        incidents = incidents_of(chain)
    assert sorted(ci for _, ci in incidents) == ["0001", "0001/pos-01"], incidents
    found = ledger(chain)
    assert found.sound, found
    figure(f"unreachable after {seen:.1f} s with a lease of 3 s; {found}")


@pytest.mark.shows("row 13", "30 % of all packets lost: slower, correct, one incident")
def test_loss(tmp_path: Path, figure: Callable[[str], None]) -> None:
    figure(disturbed(tmp_path, lambda shop: shop.wan.lose(0.3)))


@pytest.mark.shows("row 13", "64 kbit/s: correct, one incident")
def test_narrow(tmp_path: Path, figure: Callable[[str], None]) -> None:
    figure(disturbed(tmp_path, lambda shop: shop.wan.shape(64)))


def disturbed(folder: Path, fault: Callable[[Shop], None]) -> str:
    """Rounds of failing and healing tills on a line with `fault`; in the end one till stays off."""
    chain = Chain(folder, [Shop("0001", 8)], Settings(pulse=5.0))
    shop = chain.shops["0001"]
    with watched(chain):
        fault(shop)
        rounds(shop, ROUNDS)
        shop.off(7)
        began = time.monotonic()
        opened_once(chain, "0001/pos-08")
        told = time.monotonic() - began
        until(chain.are_settled, chain, 300)
        until(lambda: [one["ci"] for one in chain.incidents() if not ended(one)] == ["0001/pos-08"], chain)
        assert [one["reopened"] for one in chain.incidents() if one["ci"] == "0001/pos-08"] == [0]
    found = ledger(chain)
    assert found.sound, found
    return f"{found}; the last failure was an incident after {told:.1f} s"


def rounds(shop: Shop, times: int) -> None:
    """Every till but the last fails and heals so often, slowly enough to be believed both times."""
    for _ in range(2 * times):
        shop.flip(len(shop.tills) - 1)
        time.sleep(2.5)


@pytest.mark.shows("row 13", "packets up to 2 s late: correct, one incident, no store unreachable")
def test_late(tmp_path: Path, figure: Callable[[str], None]) -> None:
    shop = Shop("0001", 8)
    chain = Chain(tmp_path, [shop], Settings(pulse=5.0))
    late = (shop.wan.centre, chain.broker_port + 1)
    chain.point_agent(shop.id, f"mqtt://{late[0]}:{late[1]}", keepalive=10)
    shop.open()
    with LateLine(late, chain.broker_port, 2.0), watched(chain):
        rounds(shop, ROUNDS)
        shop.off(7)
        opened_once(chain, "0001/pos-08")
        until(chain.are_settled, chain, 120)
        assert "0001" not in {ci for _, ci in incidents_of(chain)}
    found = ledger(chain)
    assert found.sound, found
    figure(str(found))


@pytest.mark.parametrize(("pulse", "keepalive", "most"), [(15.0, 15, 0), (1.0, 2, 1)])
@pytest.mark.shows("row 13", "a line that is up and down for 5 s each: at most one store unreachable, jittered tries")
def test_flapping_line(tmp_path: Path, figure: Callable[[str], None], pulse: float, keepalive: int, most: int) -> None:
    """None with the pulse and keepalive that ship; with a lease shorter than a gap one, which opens again."""
    shop = Shop("0001", 8)
    chain = Chain(tmp_path, [shop], Settings(pulse=pulse))
    chain.point_agent(shop.id, f"mqtt://{shop.wan.centre}:{chain.broker_port}", keepalive)
    with watched(chain):
        shop.wan.count_connects(chain.broker_port)
        end = time.monotonic() + FLAPPING
        while time.monotonic() < end:
            shop.wan.black_hole()
            shop.flip(7)
            time.sleep(5)
            shop.wan.heal()
            time.sleep(5)
        tries = shop.wan.connects(chain.broker_port)
        shop.off(7)
        opened_once(chain, "0001/pos-08")
        until(chain.are_settled, chain, 120)
        unreachable = [ci for _, ci in incidents_of(chain)].count("0001")
        assert unreachable <= most
    found = ledger(chain)
    assert found.sound, found
    assert tries < FLAPPING
    text = f"pulse {pulse:.0f} s: {unreachable} store unreachable, {tries} packets to connect in {FLAPPING:.0f} s"
    figure(f"{text}; {found}")


@pytest.mark.shows("row 14", "acks lost: records come again, are counted as duplicates, and open no second incident")
def test_lost_acks(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 4)])
    shop = chain.shops["0001"]
    with watched(chain):
        chain.write_acl(lambda text: "\n".join(line for line in text.splitlines() if not line.endswith("/ack")))
        chain.tell_broker()
        shop.off(0)
        opened_once(chain, "0001/pos-01")
        until(lambda: chain.metrics()["tillwatch_ingest_duplicates_total"] >= 2, chain, 120)
        assert chain.status("0001").pending > 0, "nothing is let go of without an ack"
        duplicates = chain.metrics()["tillwatch_ingest_duplicates_total"]
        chain.write_acl()
        chain.tell_broker()
        until(chain.are_settled, chain, 120)
        assert [ci for _, ci in incidents_of(chain)] == ["0001/pos-01"]
    found = ledger(chain)
    assert found.sound, found
    figure(f"{duplicates:.0f} duplicates, 1 incident; {found}")
