"""What is allowed and hardly meant: the place is named, and a near miss is left alone."""

import copy
from typing import Any

import pytest

from rules.given import doubts, policy
from rules.given.cmdb import CmdbDocument
from rules.given.estate import Estate, cmdb_of
from rules.given.policy import Policy
from rules.planned.window import Window
from tests.rules.estates import RETAIL, chain, store, till


def with_matchers(*matchers: dict[str, Any]) -> Policy:
    document = copy.deepcopy(RETAIL)
    document["categorise"] = list(matchers)
    return policy.typed(document)


def cmdb(*items: dict[str, Any]) -> CmdbDocument:
    return cmdb_of({"stores": [store(1), store(2, region="south")], "items": list(items)})


def texts(found: list[doubts.Doubt]) -> list[tuple[str, str]]:
    return [(one.path, one.text) for one in found]


def test_the_shipped_policy_has_nothing_that_is_hardly_meant() -> None:
    assert doubts.of_policy(policy.typed(RETAIL)) == []


@pytest.mark.parametrize(
    "first",
    [
        {"class": ["pos_terminal", "router"], "category": "host"},
        {"class": "pos_terminal", "category": "host"},
        {"category": "host"},
    ],
)
def test_a_matcher_behind_one_that_takes_everything_can_never_match(first: dict[str, Any]) -> None:
    found = doubts.of_policy(with_matchers(first, {"class": "pos_terminal", "region": "north", "category": "other"}))
    text = "can never match: categorise[0] takes everything first (class pos_terminal; region north → other)"
    assert texts(found) == [("categorise[1]", text)]


def test_two_earlier_matchers_together_may_take_everything() -> None:
    both = {"class": ["router", "voice"], "category": "other"}
    found = doubts.of_policy(
        with_matchers({"class": "voice", "category": "host"}, {"class": "router", "category": "network"}, both)
    )
    assert [one.path for one in found] == ["categorise[2]"]
    assert "categorise[0], categorise[1] takes" in found[0].text


def test_a_value_of_a_list_that_never_gets_there_is_named() -> None:
    found = doubts.of_policy(
        with_matchers({"class": "voice", "category": "host"}, {"class": ["router", "voice"], "category": "other"})
    )
    assert texts(found) == [("categorise[1]", "'voice' never gets here: categorise[0] takes it first")]


@pytest.mark.parametrize(
    "first",
    [
        {"class": "pos_terminal", "region": "north", "category": "host"},
        {"class": "pos_server", "category": "host"},
        {"vendor": "x", "category": "host"},
    ],
)
def test_a_narrower_or_other_matcher_before_it_takes_nothing_for_good(first: dict[str, Any]) -> None:
    later = {"class": "pos_terminal", "category": "other"}
    assert doubts.of_policy(with_matchers(first, later)) == []


def test_what_matches_nothing_of_the_cmdb_is_a_note_also_where_another_takes_it_first() -> None:
    known = with_matchers(
        {"class": "pos_terminal", "category": "pos_outage"},
        {"region": "south", "category": "host"},
        {"class": "router", "category": "network"},
    )
    found = doubts.of_policy_with(known, cmdb(till(1), till(2)))
    assert [(one.level, one.path) for one in found] == [("note", "categorise[1]"), ("note", "categorise[2]")]


def test_items_that_no_matcher_covers_are_told_once_a_class() -> None:
    known = with_matchers({"class": "pos_terminal", "category": "pos_outage"}, {"id": "odd", "category": "other"})
    items = [till(1), *({"id": f"f-{n}", "store": "0001", "class": "freezer"} for n in range(5))]
    found = doubts.of_cmdb(known, cmdb(*items, {"id": "odd", "class": "strange"}))
    text = "no matcher covers class 'freezer', so its failures are 'other': 0001/f-0, 0001/f-1, 0001/f-2 and 2 more"
    assert texts(found) == [("items[1]", text)]


def test_cycles_are_shown_once_each_and_the_way_round() -> None:
    def box(name: str, *needs: str) -> dict[str, Any]:
        return {"id": name, "store": "0001", "class": "router", "depends_on": list(needs)}

    items = [box("a", "b"), box("b", "c", "d"), box("c", "a"), box("d"), box("e", "a"), box("f", "f"), box("g", "h")]
    found = doubts.of_cmdb(policy.typed(RETAIL), cmdb(*items, box("h", "g"), box("i", "e", "d")))
    assert texts(found) == [
        ("items[5].depends_on", "0001/f depends on itself"),
        (
            "items[0].depends_on",
            "a cycle: 0001/a → 0001/b → 0001/c → 0001/a; the item whose name comes first will explain the others",
        ),
        (
            "items[6].depends_on",
            "a cycle: 0001/g → 0001/h → 0001/g; the item whose name comes first will explain the others",
        ),
    ]


def window(name: str, since: float, until: float, **more: Any) -> Window:
    told = {"kind": "maintenance", "reason": name, "actor": "ann", "stores": ("0001",)}
    return Window(**({"id": name, "since": since, "until": until} | told | more))


def overlapping(*windows: Window) -> list[str]:
    known = Estate(policy.typed(RETAIL), cmdb_of(chain()))
    return [one.text for one in doubts.of_windows(windows, known)]


def test_windows_that_hold_the_same_back_at_once_are_told() -> None:
    (text,) = overlapping(window("a", 0, 10), window("b", 9, 20))
    assert text == "maintenance a (a, by ann) and maintenance b (b, by ann) overlap on 0001"
    assert overlapping(window("a", 0, 10), window("b", 10, 20)) == []
    assert overlapping(window("a", 0, 10), window("b", 5, 20, stores=("0002",))) == []


def test_a_window_on_a_store_or_a_switch_covers_what_is_in_or_behind_it() -> None:
    switch = window("b", 5, 20, stores=(), cis=("0001/sw-01",))
    assert "overlap on 0001/sw-01" in overlapping(window("a", 0, 10), switch)[0]
    behind = window("c", 0, 10, stores=(), cis=("0001/pos-01",))
    assert "overlap on 0001/pos-01" in overlapping(switch, behind)[0]
    assert overlapping(behind, window("d", 0, 10, stores=(), cis=("0001/pos-02",))) == []


def test_windows_for_different_categories_do_not_overlap() -> None:
    signs, tills = ("signage",), ("pos_outage",)
    assert overlapping(window("a", 0, 10, expected=signs), window("b", 0, 10, expected=tills)) == []
    assert len(overlapping(window("a", 0, 10, expected=signs), window("b", 0, 10))) == 1
