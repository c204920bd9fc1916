"""`tillwatch changes` and `problems` against a real collector: broker, SQLite, engine, HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tillwatch.test_window_commands import NORTHERN, Site, with_site


def test_a_change_is_announced_rescheduled_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scene(site: Site) -> None:
        body = {"reference": "CHG0031337", "title": "Firmware 4.2", "shares": ["model=T2000"]}
        status, made = await site.posted("changes", body)
        assert (status, made["state"], made["shares"], made["actor"]) == (201, "over", ["model=T2000"], "ada")
        words = ["changes", "add", "CHG0031337", "0001", "0001/pos-01", "version=4.2", "--title", "Firmware 4.2"]
        code, said = await site.told(*words, "--for", "2h", "--maintenance", "--json")
        assert (code, json.loads(said)["state"]) == (0, "running")
        [change] = (await site.got("changes"))["items"]
        assert (change["stores"], change["cis"], change["shares"]) == (["0001"], ["0001/pos-01"], ["version=4.2"])
        [window] = (await site.got("maintenance"))["items"]
        assert (window["stores"], window["reason"]) == (["0001"], "CHG0031337: Firmware 4.2")
        code, said = await site.told("changes", "list")
        assert (code, "CHG0031337" in said, "Firmware 4.2" in said) == (0, True, True)
        code, said = await site.told("problems")
        assert (code, said) == (0, "There is none.\n")
        code, said = await site.told("problems", "show", "none")
        assert (code, "there is no problem 'none'" in said) == (1, True)

    with_site(tmp_path, capsys, scene)


def test_what_cannot_be_a_change_is_refused_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"title": "t", "stores": ["0001"]}, 422, "missing required field reference"),
        ({"reference": "CHG 1", "title": "t", "stores": ["0001"]}, 422, "reference"),
        ({"reference": "CHG1", "title": "t"}, 409, "a change needs stores, cis or shares"),
        ({"reference": "CHG1", "title": "t", "stores": ["0009"]}, 409, "no store or configuration item '0009'"),
        ({"reference": "CHG1", "title": "t", "shares": ["colour=red"]}, 409, "expected one such as model=T2000"),
        ({"reference": "CHG1", "title": "t", "fixes": "none"}, 409, "no problem 'none'"),
        ({"reference": "CHG1", "title": "t", "stores": ["0001"], "until": "soon"}, 422, "until: 'soon' is not"),
        (
            {"reference": "CHG1", "title": "t", "stores": ["0001"], "until": "2020-01-01T00:00:00Z"},
            409,
            "ends after it",
        ),
    ]

    async def scene(site: Site) -> None:
        for body, status, text in wrong:
            found, answer = await site.posted("changes", body)
            assert (found, text in answer["detail"]) == (status, True), (body, answer)
        found, _ = await site.posted("changes", {"reference": "CHG1", "title": "t", "stores": ["0002"]}, NORTHERN)
        assert found == 403
        assert (await site.got("changes"))["items"] == []
        code, said = await site.told("changes", "add", "CHG1", "0001", "--title", "t", "--for", "1h", "--until", "1h")
        assert (code, "either --for 45m or --until TIME" in said) == (2, True)

    with_site(tmp_path, capsys, scene)
