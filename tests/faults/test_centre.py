"""The collector and its database falter; agents keep what is not acknowledged, and everything is applied once."""

import json
import os
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.collector import postgresql
from tests.faults import desk
from tests.faults.chain import Chain, Settings, ended, staying, until, watched
from tests.faults.ledger import ledger
from tests.faults.shop import Shop

pytestmark = pytest.mark.timeout(7200)
LOCKED = float(os.environ.get("TILLWATCH_LOCKED_SECONDS", "30"))
PAUSED = float(os.environ.get("TILLWATCH_PAUSED_SECONDS", "60"))  # at a lease of 3 s as 15 min at one of 45 s
CUTS = int(os.environ.get("TILLWATCH_DATABASE_CUTS", "20"))
ENGINE_LEASE = 15.0


def settles(chain: Chain) -> None:
    shop = chain.shops["0001"]
    shop.off(len(shop.tills) - 1)
    until(lambda: [one["ci"] for one in chain.incidents()].count(f"0001/{shop.tills[-1]}") == 1, chain, 120)
    until(chain.are_settled, chain, 300)


def sound(chain: Chain) -> str:
    found = ledger(chain)
    assert found.sound, found
    return str(found)


@pytest.mark.shows("row 20", "the database locked for 30 s: no ack meanwhile, and everything applied once afterwards")
def test_database_locked(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 8)])
    with watched(chain):
        with closing(sqlite3.connect(tmp_path / "collector.db", isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            chain.shops["0001"].flip(7)
            until(lambda: chain.status("0001").pending >= 7, chain)
            acked = chain.status("0001").last_ack
            assert staying(lambda: chain.status("0001").last_ack == acked, LOCKED - 5), "acked without a commit"
            other.execute("ROLLBACK")
        settles(chain)
        assert chain.unreachable() == []
    figure(sound(chain))


@pytest.mark.shows("row 20", "connections to PostgreSQL cut again and again: everything applied once")
def test_connections_cut(tmp_path: Path, figure: Callable[[str], None]) -> None:
    with postgresql.server() as server:
        url = postgresql.create_database(server, "faults")
        chain = Chain(tmp_path, [Shop("0001", 8)], Settings(database=url))
        cut = 0
        with watched(chain), psycopg.connect(f"{server}/postgres", autocommit=True) as other:
            for _ in range(CUTS):
                chain.shops["0001"].flip(7)
                for _ in range(20):
                    cut += other.execute(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'faults'"
                    ).fetchone()[0]
                    time.sleep(0.1)
            settles(chain)
        figure(f"{cut} connections cut; {sound(chain)}")


@pytest.mark.shows("row 20", "an old backup restored: agents send again, and no incident has a second ticket")
def test_restored(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """The backup is older than both incidents; the second began before the restore and is still open after it."""
    with desk.help_desk() as tickets:
        chain = Chain(tmp_path, [Shop("0001", 8)], Settings(collector=desk.settings(tmp_path, tickets)))
        with watched(chain):
            chain.shops["0001"].off(1)
            until(lambda: len(tickets.tickets) == 1, chain)
            until(chain.are_settled, chain)
            _collector(chain, "backup", str(tmp_path / "copy"))
            chain.shops["0001"].on(1)
            chain.shops["0001"].off(0)
            until(lambda: len(tickets.tickets) == 2, chain)
            until(lambda: all(one["ticket"] for one in chain.incidents()), chain)
            until(chain.are_settled, chain)
            until(lambda: any(ended(one) for one in chain.incidents()), chain)
            before = {one["id"]: one["ci"] for one in chain.incidents()}
            chain.processes["collector"].terminate()
            chain.processes["collector"].wait(30)
            _collector(chain, "restore", "--replace", str(tmp_path / "copy"))
            chain.start("collector")
            until(chain.ready, chain, 120)
            until(lambda: {one["id"]: one["ci"] for one in chain.incidents()} == before, chain, 120)
            until(lambda: all(one["ticket"] for one in chain.incidents()), chain)
            until(lambda: [one["ci"] for one in chain.incidents() if not ended(one)] == ["0001/pos-01"], chain)
            until(chain.are_settled, chain, 120)
            assert staying(lambda: len(tickets.tickets) == 2, 5), tickets.order
        figure(f"{len(tickets.tickets)} tickets for {len(before)} incidents; {sound(chain)}")


@pytest.mark.shows(
    "row 21", "two collectors on one database: one leads; woken after the other took over, it writes nothing"
)
def test_two_engines(tmp_path: Path, figure: Callable[[str], None]) -> None:
    with postgresql.server() as server:
        chain = Chain(tmp_path, [Shop("0001", 8)], Settings(database=postgresql.create_database(server, "faults")))
        urls = {"collector": chain.url, "standby": ""}
        with watched(chain):
            urls["standby"] = chain.add_standby()
            chain.start("standby")
            until(lambda: facts(urls["standby"]), chain, 120)
            assert leaders(urls) == ["collector"]
            for leader, other in (("collector", "standby"), ("standby", "collector")):
                chain.shops["0001"].flip(7)
                chain.signal(leader, signal.SIGSTOP)
                until(lambda other=other: (facts(urls[other]) or {}).get("leader"), chain, 4 * ENGINE_LEASE)
                chain.shops["0001"].flip(7)
                chain.signal(leader, signal.SIGCONT)
                until(lambda other=other: leaders(urls) == [other], chain)
                assert staying(lambda other=other: leaders(urls) == [other], 3)
            until(chain.ready, chain)
            settles(chain)
        figure(f"2 take-overs; {sound(chain)}")


@pytest.mark.shows("4", "collector paused (60 s at a lease of 3 s, as 15 min at one of 45 s): no false incident")
def test_collector_paused(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 2), Shop("0002", 2)])
    with watched(chain):
        chain.signal("collector", signal.SIGSTOP)
        time.sleep(PAUSED)
        chain.signal("collector", signal.SIGCONT)
        assert staying(lambda: chain.incidents() == [], 10)
        settles(chain)
        assert [one["ci"] for one in chain.incidents()] == ["0001/pos-02"]
    figure(f"paused {PAUSED:.0f} s, 0 false incidents; {sound(chain)}")


@pytest.mark.shows("4", "the broker restarted, also away for ten leases: no false incident")
def test_broker_restarted(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 2), Shop("0002", 2)])
    with watched(chain):
        for down in (0.0, 1.0, 30.0):
            chain.processes["broker"].terminate()
            chain.processes["broker"].wait(30)
            time.sleep(down)
            chain.start("broker")
            until(chain.are_settled, chain, 120)
            assert staying(lambda: chain.incidents() == [], 5)
        settles(chain)
    figure(f"3 restarts, 0 false incidents; {sound(chain)}")


def facts(url: str) -> dict[str, Any] | None:
    """What /readyz says, ready or not; None while nobody answers."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=3) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        return dict(json.load(error))
    except OSError:
        return None


def leaders(urls: dict[str, str]) -> list[str]:
    return [name for name, url in urls.items() if (facts(url) or {}).get("leader")]


def _collector(chain: Chain, action: str, *more: str) -> None:
    command = [*chain.commands["collector"][:-2], "--config", str(chain.folder / "collector.yaml"), *more]
    command[command.index("run")] = action
    subprocess.run(command, check=True, capture_output=True, timeout=60)
