"""The demo's scenarios are valid data about devices that exist, and the verdict on them is strict."""

from pathlib import Path
from typing import Any

import pytest

from contract.documents import DocumentError
from tillwatch.demo import layout
from tillwatch.demo.scenario import Expected, chosen, fewer_stores, read
from tillwatch.demo.verdict import missing_end, missing_open, unexpected

DEVICES = list(layout.devices())
TILL = Expected("0001/pos-03", "pos_outage", "P3", symptoms=0, stores=1)


def incident(**changes: Any) -> dict[str, Any]:
    plain = {
        "ci": "0001/pos-03", "category": "pos_outage", "priority": "P3", "state": "open", "stores": ["0001"],
        "symptoms": [], "parent": None, "suppressed": None, "learnt_at": "2026-11-27T09:00:00Z",
    }  # fmt: skip
    return {**plain, **changes}


def test_the_scripted_faults_are_those_the_product_is_for() -> None:
    assert list(read(DEVICES)) == [
        "one-till", "dead-switch", "acquirer-timeout", "sync-behind", "sign-dark", "web-shop-down", "wan-cut"
    ]  # fmt: skip


def test_what_the_scenarios_name_is_in_the_cmdb_and_is_asked() -> None:
    """A scenario can only expect incidents of items that exist, and break checks that an agent has."""
    items = layout.cmdb(50)["items"]
    refs = {f"{item['store']}/{item['id']}" if "store" in item else item["id"] for item in items} | {layout.STORE}
    for scenario in read(DEVICES).values():
        assert {one.ci for one in scenario.expect} <= refs
        assert {fault.check for fault in scenario.faults if fault.stores} <= set(layout.SIMULATED_CHECKS)


def test_every_device_is_asked_and_in_the_cmdb() -> None:
    devices = layout.devices()
    items = {item["id"] for item in layout.cmdb(0)["items"]}
    assert {check["ci"] for check in layout.checks(devices)} == set(devices) == items


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "{devices: [pos-99], become: stopped}",
            "x.faults[0].devices[0]: found 'pos-99', expected one of sw-01",
        ),
        ("{devices: [pos-01]}", "x.faults[0]: expected what the devices become, or what they say"),
        ("{stores: 4}", "x.faults[0]: expected the check that fails in these stores"),
        ("{stores: 4, line: cut, check: a/b}", "x.faults[0]: expected exactly one of devices, line and stores"),
        ("{devices: [pos-01], becomes: stopped}", "x.faults[0].becomes: unknown key; did you mean 'become'?"),
        ("{devices: [pos-01], become: tired}", "x.faults[0].become: found 'tired'"),
    ],
)
def test_a_mistake_in_a_scenario_is_named(tmp_path: Path, fault: str, message: str) -> None:
    file = tmp_path / "scenarios.yaml"
    file.write_text(f"x:\n  title: X\n  faults: [{fault}]\n  expect: [{{ci: a, category: b, priority: P1}}]\n")
    with pytest.raises(DocumentError) as caught:
        read(DEVICES, file)
    assert f"{file}:3: {message}" in str(caught.value)


def test_a_small_chain_breaks_and_expects_only_the_stores_it_has() -> None:
    acquirer = read(DEVICES)["acquirer-timeout"]
    small = fewer_stores(acquirer, 3)
    assert [fault.stores for fault in small.faults] == [0, 3]
    assert small.expect[0].stores == 4
    alone = fewer_stores(acquirer, 0)
    assert [fault.devices for fault in alone.faults] == [["acquirer-a"]]
    assert alone.expect[0].stores == 1


def test_patterns_choose_devices_in_the_order_of_the_store() -> None:
    assert chosen(DEVICES, ["pos-0[12]", "sw-*"]) == ["sw-01", "pos-01", "pos-02"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"state": "acknowledged"}, []),
        ({"priority": "P2"}, ["P3 pos_outage on 0001/pos-03 is P2"]),
        ({"state": "resolved"}, ["P3 pos_outage on 0001/pos-03 is resolved"]),
        ({"ci": "0001/pos-04"}, ["P3 pos_outage on 0001/pos-03 is not there"]),
        ({"stores": []}, ["P3 pos_outage on 0001/pos-03 is in 0 stores, not 1"]),
        ({"suppressed": {"reason": "hold"}}, ["P3 pos_outage on 0001/pos-03 is held back: hold"]),
    ],
)
def test_an_incident_is_as_expected_or_the_difference_is_said(changes: dict[str, Any], said: list[str]) -> None:
    assert missing_open([TILL], [incident(**changes)]) == said


def test_symptoms_are_counted() -> None:
    one = Expected("0001/pos-03", "pos_outage", "P3", symptoms=2)
    assert missing_open([one], [incident(symptoms=["a"])]) == [
        "P3 pos_outage on 0001/pos-03 is explaining 1 symptoms, not 2"
    ]


def test_an_end_is_resolved_or_closed() -> None:
    assert missing_end([TILL], [incident(state="resolved")]) == []
    assert missing_end([TILL], [incident(state="closed")]) == []
    assert missing_end([TILL], [incident()]) == ["P3 pos_outage on 0001/pos-03 is open, not resolved"]
    assert missing_end([TILL], []) == ["P3 pos_outage on 0001/pos-03 is not there, not resolved"]


def test_what_nobody_expected_is_said_unless_it_is_part_of_another() -> None:
    other = incident(ci="0001/pos-04", priority="P1")
    assert unexpected([TILL], [incident(), other]) == ["not expected: P1 pos_outage on 0001/pos-04"]
    assert unexpected([TILL], [incident(), {**other, "parent": "abc"}]) == []
