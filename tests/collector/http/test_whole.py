"""The face before a real collector: mosquitto, SQLite, the engine, and a person with a token over HTTP."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from collector import auth
from collector.app import Collector
from collector.http.serving import Serving
from tests.collector import chain, mosquitto
from tests.collector.agents import CRITICAL, OK, Agent
from tests.collector.wire import Wire

PATIENCE = 30.0
TOKEN = "tw_whole"


def asked(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


async def eventually(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := await asyncio.to_thread(found):
            return value
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


def merged(asked: Callable[..., Any], incidents: str, older: str, younger: str) -> None:
    answer = asked(f"{incidents}/{younger}/merge", {"incident": older, "reason": "one fire"})
    assert answer["incident"]["id"] == older
    assert [part["id"] for part in answer["incident"]["parts"]] == [younger]


def test_a_dead_till_is_seen_explained_acknowledged_and_counted_over_http(tmp_path: Path, sqlite_url: str) -> None:
    """From hello and live through a real broker to the API: the incident, why, the person's name, the metrics."""
    users = tmp_path / "users.yaml"
    users.write_text(f"users: [{{name: maria, role: operate, token_sha256: {auth.digest(TOKEN)}}}]")

    async def scene(port: int) -> None:
        config = chain.config(tmp_path, sqlite_url, port)
        config = msgspec.structs.replace(config, http=msgspec.structs.replace(config.http, users_file=str(users)))
        face, stop = Serving(), asyncio.Event()
        collector = Collector(config, face)
        task = asyncio.create_task(collector.run(stop))
        await asyncio.wait_for(collector.ready.wait(), PATIENCE)
        agent, now = Agent(), time.time()
        wire = await asyncio.to_thread(Wire, port, agent.name)
        agent.turns("pos-01/tcp", OK, now - 60)
        agent.turns("pos-02/tcp", OK, now - 60)
        await asyncio.to_thread(wire.say, agent.hello(now))
        await asyncio.to_thread(wire.say, agent.live(now, agent.turns("pos-01/tcp", CRITICAL, now - 1, "refused <b>")))
        api = f"{face.url}/api/v1"
        [seen] = await eventually(lambda: asked(f"{api}/incidents?state=open&sort=worst")["items"])
        assert (seen["ci"], seen["category"], seen["priority"]) == ("0001/pos-01", "pos_outage", "P2")
        one = await asyncio.to_thread(asked, f"{api}/incidents/{seen['id']}")
        assert one.get("reasons"), one
        assert one["timeline"]
        assert one["sla"]["respond_by"]
        why = await asyncio.to_thread(asked, f"{api}/why?subject=0001/pos-01")
        assert why["incidents"][0]["id"] == seen["id"]
        assert "refused <b>" in [check["text"] for check in why["checks"]]
        then = await asyncio.to_thread(asked, f"{api}/why?subject=0001/pos-01&at={seen['learnt_at']}")
        assert then["at"] == seen["learnt_at"]
        store = await asyncio.to_thread(asked, f"{api}/stores/0001")
        assert (store["status"], store["services"][0]["ratio"]) == ("degraded", 0.5)
        done = await asyncio.to_thread(asked, f"{api}/incidents/{seen['id']}/acknowledge", {"note": "on it"})
        assert (done["incident"]["state"], done["incident"]["acknowledged_by"]) == ("acknowledged", "maria")
        assert any(line["actor"] == "maria" for line in done["incident"]["timeline"])
        refused = await asyncio.to_thread(asked, f"{api}/incidents/{seen['id']}/acknowledge", {})
        assert (refused["status"], refused["title"]) == (409, "Refused")
        noted = await asyncio.to_thread(asked, f"{api}/incidents/{seen['id']}/notes", {"text": "no power light"})
        assert "no power light" in [line["text"] for line in noted["incident"]["timeline"]]
        for command, body in (
            ("assign", {"assignee": "otto"}),
            ("resolve", {"note": "x"}),
            ("reopen", {"reason": "y"}),
        ):
            answer = await asyncio.to_thread(asked, f"{api}/incidents/{seen['id']}/{command}", body)
            assert "incident" in answer, (command, answer)
        made = {"ci": "0001/pos-02", "category": "pos_outage", "title": "Till 2 smokes"}
        created = await asyncio.to_thread(asked, f"{api}/incidents", made)
        assert created["incident"]["title"] == "Till 2 smokes"
        await asyncio.to_thread(merged, asked, f"{api}/incidents", seen["id"], created["incident"]["id"])
        (rule,) = (await asyncio.to_thread(asked, f"{api}/ledger"))["rules"]
        assert [rule[key] for key in ("rule", "opened", "confirmed", "called")] == ["1 evidence", 1, 1, 1]
        stop.set()
        await asyncio.wait_for(task, PATIENCE)
        await asyncio.to_thread(wire.close)

    with mosquitto.broker(tmp_path) as port:
        asyncio.run(scene(port))
