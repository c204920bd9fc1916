"""The dashboards are what the code says, what Grafana's own schema says, and what a person can read."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from noc.dashboards.__main__ import FOLDER, PAGES
from noc.dashboards.page import expressions, text
from tests.house.tracked import ROOT
from tests.noc.promql import documented_labels, selectors

FILES = sorted(FOLDER.glob("*.json"))
DOCUMENTS = [pytest.param(json.loads(path.read_text()), id=path.stem) for path in FILES]
PANELS = [
    pytest.param(panel, id=f"{path.stem}: {panel['title']}")
    for path in FILES
    for panel in json.loads(path.read_text())["panels"]
    if panel["type"] != "row"
]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from leaves(inner, f"{path}.{key}")
        case list():
            for at, inner in enumerate(value):
                yield from leaves(inner, f"{path}[{at}]")
        case _:
            yield path, value


def test_the_committed_files_are_what_the_code_makes() -> None:
    """After a change: python -m noc.dashboards"""
    assert [path.name for path in FILES] == sorted(PAGES)
    for path in FILES:
        assert path.read_text() == text(PAGES[path.name]), f"{path.name}: run python -m noc.dashboards"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_grafanas_own_schema_knows_every_key(document: dict[str, Any]) -> None:
    """Read into the schema and written again: a key that Grafana does not know would be lost on the way."""
    register_default_plugins()
    again = dict(leaves(json.loads(JSONEncoder().encode(Dashboard.from_json(document)))))
    assert [path for path, value in leaves(document) if again.get(path, ...) != value] == []


def test_a_key_that_grafana_does_not_know_is_found() -> None:
    register_default_plugins()
    document = json.loads(FILES[0].read_text())
    document["panels"][1]["titel"] = "x"
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(document)))
    assert ".panels[1].titel" not in dict(leaves(again))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_dashboard_has_a_lasting_address_and_a_source_to_choose(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"tillwatch-[a-z]+", document["uid"])
    assert document["title"]
    assert document["description"]
    assert f"`{document['uid']}`" in (ROOT / "docs" / "noc.md").read_text()
    variables = {one["name"]: one for one in document["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert all(one["datasource"] == SOURCE for one in variables.values() if one["type"] == "query")
    ids = [panel["id"] for panel in document["panels"]]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_in_which_unit_and_from_which_source(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == SOURCE
    assert panel["targets"]
    assert all(target["datasource"] == SOURCE for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS)
def test_a_query_asks_for_what_there_is_and_follows_the_readers_time(panel: dict[str, Any]) -> None:
    known = documented_labels()
    for target in panel["targets"]:
        expression = target["expr"]
        for name, labels in selectors(expression):
            assert name in known, f"{name} is exposed by nobody"
            assert labels <= known[name]
        windows = re.findall(r"\[([^]]+)\]", expression)
        assert set(windows) <= {"$__rate_interval", "$__range"}
        if target.get("range"):
            assert "$__range]" not in expression or "max_over_time" in expression, "a curve needs $__rate_interval"


@pytest.mark.parametrize("panel", PANELS)
def test_no_panel_has_a_row_for_every_store(panel: dict[str, Any]) -> None:
    """At ten thousand stores nobody reads them, and the browser hangs: the worst twenty, or one store."""
    for target in panel["targets"]:
        by = re.findall(r"by \(([^)]*)\)", target["expr"])
        if any("store" in labels for labels in by):
            assert target["expr"].startswith("topk(20,")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_customers_cannot_do_comes_first(document: dict[str, Any]) -> None:
    assert document["panels"][0]["type"] == "row"
    assert document["panels"][0]["title"].startswith("What customers cannot do")


def test_a_store_is_one_click_away_from_the_chain() -> None:
    [chain, store] = [json.loads(path.read_text()) for path in FILES]
    links = [value for path, value in leaves(chain) if path.endswith(".url")]
    assert any(link.startswith(f"/d/{store['uid']}?var-store=") for link in links)
    assert "store" in {one["name"] for one in store["templating"]["list"]}


def test_all_expressions_of_a_dashboard_are_found() -> None:
    chain = FILES[0].read_text()
    assert len(expressions(chain)) == chain.count('"expr": ') + chain.count('"definition": ')
