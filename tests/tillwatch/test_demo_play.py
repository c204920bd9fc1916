"""A scenario whose incidents do not come has failed, says what was missing, and leaves nothing broken behind."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tillwatch.api import Api
from tillwatch.demo.device import tcp_device
from tillwatch.demo.line import Line
from tillwatch.demo.play import Outcome, Patience, play
from tillwatch.demo.scenario import Expected, Fault, Scenario
from tillwatch.demo.stage import Stage
from tillwatch.demo.watch import Watch

TILL = Scenario("A till", [Fault(devices=["pos-*"], become="stopped")], [Expected("1/pos-01", "pos_outage", "P3")])
OTHER = {
    "id": "x", "ci": "1/sw-01", "category": "network", "priority": "P1", "state": "open", "stores": ["1"],
    "symptoms": [], "parent": None, "suppressed": None, "learnt_at": "2026-11-27T09:00:00Z", "title": "Network",
    "resolved_at": None,
}  # fmt: skip
DEAD_TILL = {**OTHER, "ci": "1/pos-01", "category": "pos_outage", "priority": "P3"}


@pytest.fixture
def incidents() -> Iterator[tuple[Api, list[Any]]]:
    """A collector that shows the incidents of a list, which may grow once it has been looked at."""
    shown: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"items": shown, "next": None}).encode())

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Api(f"http://127.0.0.1:{server.server_address[1]}"), shown
        server.shutdown()
        thread.join()


def resolved(at: str) -> Any:
    return {**DEAD_TILL, "state": "resolved", "resolved_at": at}


def played(site: Api, appears: list[Any], shown: list[Any]) -> tuple[Outcome, list[str], str]:
    """Plays TILL; `appears` is shown from the fault on. The outcome, what was told, and how the till is in the end."""
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        shown.extend(appears)

    outcome, mode = played_while(site, tell)
    return outcome, told, mode


def played_while(site: Api, tell: Callable[[str], None]) -> tuple[Outcome, str]:
    """Plays TILL; `tell` hears of the fault and of the mending as they happen. The outcome, and how the till ends."""
    till = tcp_device("pos-01")

    async def story() -> Outcome:
        await till.become("on")
        stage = Stage({"pos-01": till}, Line(1), [])
        watch = Watch(site, time.time(), lambda _before, _now: None)
        outcome = await play(TILL, stage, watch, Patience(opening=0.3, end=0.3), tell)
        mode = till.mode
        await till.become("stopped")
        await stage.line.cut()
        till.mode = mode
        return outcome

    return asyncio.run(story()), till.mode


def test_what_did_not_come_is_named_and_the_till_is_mended(incidents: tuple[Api, list[Any]]) -> None:
    outcome, told, mode = played(incidents[0], [], incidents[1])
    assert outcome.lacking == ["P3 pos_outage on 1/pos-01 is not there"]
    assert (told, mode) == (["pos-01: stopped"], "on")


def test_what_came_instead_is_named_too(incidents: tuple[Api, list[Any]]) -> None:
    outcome, _, _ = played(incidents[0], [OTHER], incidents[1])
    assert outcome.lacking == ["P3 pos_outage on 1/pos-01 is not there", "not expected: P1 network on 1/sw-01"]


def test_an_incident_that_does_not_end_is_a_failure(incidents: tuple[Api, list[Any]]) -> None:
    outcome, told, _ = played(incidents[0], [DEAD_TILL], incidents[1])
    assert outcome.lacking == [
        "P3 pos_outage on 1/pos-01 is open, not resolved",
        "pos_outage on 1/pos-01 is still open",
    ]
    assert told[-1] == "mended"


def test_what_was_wrong_before_is_not_blamed_on_the_act(incidents: tuple[Api, list[Any]]) -> None:
    incidents[1].append(OTHER)
    outcome, _, _ = played(incidents[0], [], incidents[1])
    assert outcome.lacking == ["P3 pos_outage on 1/pos-01 is not there"]


def test_an_incident_that_comes_back_in_a_second_round_counts_for_it(incidents: tuple[Api, list[Any]]) -> None:
    """The same cause within a day reopens the same incident: resolved before the act, and resolved again after it."""
    site, shown = incidents
    shown.append(resolved("2026-11-27T09:10:00Z"))
    story = {"pos-01: stopped": DEAD_TILL, "mended": resolved("2026-11-27T09:20:00Z")}
    outcome, _ = played_while(site, lambda text: shown.__setitem__(0, story[text]))
    assert outcome.lacking == []


def test_one_that_is_closed_during_an_act_ended_before_it(incidents: tuple[Api, list[Any]]) -> None:
    site, shown = incidents
    shown.append({**resolved("2026-11-27T09:10:00Z"), "ci": "1/sw-01"})
    closed = {**shown[0], "state": "closed"}
    outcome, _ = played_while(site, lambda _text: shown.__setitem__(0, closed))
    assert outcome.lacking == ["P3 pos_outage on 1/pos-01 is not there"]
