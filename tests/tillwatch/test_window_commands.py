"""`tillwatch maintenance` and `silence` against a real collector: broker, SQLite, engine, HTTP."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector import auth
from collector.app import Collector
from collector.http.serving import Serving
from tests.collector import chain, mosquitto
from tillwatch import cli

TOKEN, NORTHERN = "tw_ada", "tw_nora"
MAINTENANCE, SILENCES = "maintenance", "silences"


class Site:
    """A running collector; `posted` is (status, document), `told` what a client command printed and its code."""

    def __init__(self, url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url, self.folder, self.capsys = url, folder, capsys

    async def posted(self, path: str, body: Any, token: str = TOKEN) -> tuple[int, Any]:
        return await asyncio.to_thread(self._ask, path, json.dumps(body).encode(), token)

    async def got(self, path: str, token: str = TOKEN) -> Any:
        return (await asyncio.to_thread(self._ask, path, None, token))[1]

    async def told(self, *words: str) -> tuple[int, str]:
        where = ["--url", self.url, "--token-file", str(self.folder / "token")]
        code = await asyncio.to_thread(cli.main, [*words, *where])
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def _ask(self, path: str, data: bytes | None, token: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data, headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def with_site(folder: Path, capsys: pytest.CaptureFixture[str], scene: Callable[[Site], Awaitable[None]]) -> None:
    (folder / "token").write_text(TOKEN)
    (folder / "users.yaml").write_text(
        f"users: [{{name: ada, role: operate, token_sha256: {auth.digest(TOKEN)}}},"
        f" {{name: nora, role: operate, token_sha256: {auth.digest(NORTHERN)}, regions: [north]}}]"
    )

    async def played(port: int) -> None:
        config = chain.config(folder, f"sqlite:///{folder}/collector.db", port)
        config = msgspec.structs.replace(
            config, http=msgspec.structs.replace(config.http, users_file=str(folder / "users.yaml"))
        )
        face, stop = Serving(), asyncio.Event()
        collector = Collector(config, face)
        task = asyncio.create_task(collector.run(stop))
        await asyncio.wait_for(collector.ready.wait(), 30)
        try:
            await scene(Site(face.url, folder, capsys))
        finally:
            stop.set()
            await asyncio.wait_for(task, 30)

    with mosquitto.broker(folder) as port:
        asyncio.run(played(port))


def test_a_window_that_is_made_says_which_others_it_overlaps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that the person may see; what has another region is not named to them."""

    async def scene(site: Site) -> None:
        _, first = await site.posted(MAINTENANCE, {"stores": ["0001"], "minutes": 30, "reason": "deploy 1.2"})
        assert first["overlaps"] == []
        status, made = await site.posted(SILENCES, {"cis": ["0001/pos-01"], "minutes": 60, "reason": "engineer"})
        [met] = made["overlaps"]
        assert (status, met["id"], met["kind"], met["on"]) == (201, first["id"], MAINTENANCE, ["0001/pos-01"])
        assert (met["from"], met["until"], met["reason"]) == (made["from"], first["until"], "deploy 1.2")
        code, said = await site.told("maintenance", "add", "0001", "--for", "2h", "--reason", "switch")
        assert (code, said.count("overlaps on 0001"), "by ada: engineer" in said) == (0, 2, True)

    with_site(tmp_path, capsys, scene)


def test_a_window_is_made_listed_and_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a deployment does it over HTTP, and as a person does it on the command line."""

    async def scene(site: Site) -> None:
        status, made = await site.posted(MAINTENANCE, {"stores": ["0001"], "minutes": 30, "reason": "deploy 1.2"})
        assert status == 201
        assert (made["kind"], made["state"], made["stores"], made["actor"]) == (
            MAINTENANCE,
            "running",
            ["0001"],
            "ada",
        )
        why = await site.got("why?subject=0001")
        assert next(one["text"] for one in why["reasons"] if one["rule"] == "25 window").endswith("by ada: deploy 1.2")
        code, said = await site.told("maintenance", "list")
        assert (code, made["id"] in said, "deploy 1.2" in said) == (0, True, True)
        assert (await site.got(SILENCES))["items"] == []
        code, said = await site.told("maintenance", "end", made["id"])
        assert (code, "ended" in said) == (0, True)
        code, said = await site.told("maintenance", "end", made["id"])
        assert (code, "has ended already" in said) == (1, True)
        code, said = await site.told("silence", "add", "0001/pos-01", "0002", "--for", "2h", "--reason", "engineer")
        assert (code, "running" in said) == (0, True)
        [silence] = (await site.got(SILENCES))["items"]
        assert (silence["stores"], silence["cis"], silence["until"]) == (
            ["0002"],
            ["0001/pos-01"],
            silence["held_until"],
        )
        code, said = await site.told("silence", "end", silence["id"], "--json")
        assert (code, json.loads(said)["state"]) == (0, "ended")
        code, said = await site.told("silence", "list")
        assert (code, said) == (0, "There is none.\n")

    with_site(tmp_path, capsys, scene)


def test_what_cannot_be_a_window_is_refused_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong: list[tuple[Any, str, int, str]] = [
        ({"stores": ["0001"], "minutes": 30}, TOKEN, 422, "missing required field reason"),
        ({"minutes": 30, "reason": "x"}, TOKEN, 409, "a window needs stores or cis"),
        ({"stores": ["0001"], "reason": "x"}, TOKEN, 409, "either until or minutes"),
        ({"stores": ["0009"], "minutes": 30, "reason": "x"}, TOKEN, 409, "no store or configuration item '0009'"),
        ({"stores": ["0001"], "until": "tomorrow", "reason": "x"}, TOKEN, 422, "until: 'tomorrow' is not"),
        ({"stores": ["0001"], "until": "2020-01-01T00:00:00Z", "reason": "x"}, TOKEN, 409, "ends after it begins"),
        ({"stores": ["0001"], "minutes": 99_999, "reason": "x"}, TOKEN, 409, "lasts at most 744 h"),
        ({"stores": ["0001"], "minutes": 5, "reason": "x", "expected": ["magic"]}, TOKEN, 409, "no category 'magic'"),
        ({"stores": ["0001", "0002"], "minutes": 30, "reason": "x"}, NORTHERN, 403, "0002 is outside the regions"),
    ]

    async def scene(site: Site) -> None:
        for body, token, status, text in wrong:
            found, answer = await site.posted(MAINTENANCE, body, token)
            assert (found, text in answer["detail"]) == (status, True), (body, answer)
        assert (await site.got(MAINTENANCE))["items"] == []
        _, made = await site.posted(MAINTENANCE, {"stores": ["0002"], "minutes": 30, "reason": "south"})
        assert (await site.got(MAINTENANCE, NORTHERN))["items"] == []
        assert (await site.posted(f"{MAINTENANCE}/{made['id']}/end", {}, NORTHERN))[0] == 404
        assert (await site.posted(f"{SILENCES}/{made['id']}/end", {}))[0] == 404
        code, said = await site.told("maintenance", "add", "0001", "--reason", "x")
        assert (code, "either --for 45m or --until TIME" in said) == (2, True)

    with_site(tmp_path, capsys, scene)


def test_a_window_that_repeats_is_made_listed_and_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scene(site: Site) -> None:
        wrong = {"stores": ["0001"], "reason": "x", "repeats": {"from": "02:00", "to": "02:00"}}
        assert (await site.posted(MAINTENANCE, wrong))[0] == 409
        words = ["--repeat", "02:00-04:00", "--on", "sun", "--week", "first", "--reason", "prices", "--json"]
        code, said = await site.told("maintenance", "add", "0001", *words)
        assert code == 0, said
        made = json.loads(said)
        assert (code, made["state"]) == (0, "planned")
        assert made["repeats"] == {
            "from": "02:00",
            "to": "04:00",
            "days": ["sun"],
            "weeks": [1],
            "timezone": "UTC",
            "ends": None,
            "words": "every first sun 02:00-04:00 UTC",
        }
        code, said = await site.told("maintenance", "list")
        assert (code, "every first sun 02:00-04:00 UTC" in said) == (0, True)
        code, said = await site.told("maintenance", "end", made["id"])
        assert (code, "ended" in said) == (0, True)
        assert (await site.got(MAINTENANCE))["items"] == []
        code, said = await site.told("maintenance", "add", "0001", *words, "--for", "2h")
        assert (code, "leave --for out" in said) == (2, True)
        assert (await site.posted(SILENCES, wrong | {"repeats": {"from": "02:00", "to": "03:00"}}))[0] == 409

    with_site(tmp_path, capsys, scene)
