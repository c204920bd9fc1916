"""The chain in few numbers."""

from array import array

from collector.fleet import NO_TEXTS, AgentView, Shape
from collector.metrics import rollups
from rules.decision import Change
from rules.given.cmdb import Store
from rules.state import StoreState
from tests.collector.http.chain import HELD, NOW, Chain, incident


def test_checks_are_counted_by_region_name_and_status() -> None:
    shape = Shape(("pos-01/tcp", "pos-02/tcp", "pos-01/icmp"))
    stores = {"1": Store(id="1", region="north"), "2": Store(id="2", region="south")}
    views = [
        AgentView(f"{store}-a{at}", store, shape, statuses, array("f", [1, 1, 1]), NO_TEXTS, 0, 0, 0, 0, None, 1)
        for at, (store, statuses) in enumerate([("1", b"\0\0\0"), ("1", b"\0\0\0"), ("1", b"\2\0\3"), ("2", b"\0\0\0")])
    ]
    assert rollups.checks(views, stores) == {
        ("north", "icmp", "ok"): 2, ("north", "icmp", "unknown"): 1, ("north", "tcp", "critical"): 1,
        ("north", "tcp", "ok"): 5, ("south", "icmp", "ok"): 1, ("south", "tcp", "ok"): 2,
    }  # fmt: skip


def test_a_store_is_unreachable_before_anything_else_and_unknown_without_any_agent() -> None:
    chain = Chain()
    state, stores = chain.state(), chain.state().estate.stores
    assert rollups.store_status(state, stores["0042"]) == "ok"
    chain.happen(incident(1, home="0042"))
    assert rollups.store_status(state, stores["0042"]) == "degraded"
    state.put(Change("stores", "0042", StoreState(NOW, NOW)))
    assert rollups.store_status(state, stores["0042"]) == "unreachable"
    assert rollups.store_status(state, Store(id="0099", agents=["never-heard"])) == "unknown"


def test_incidents_held_back_are_counted_apart() -> None:
    chain = Chain()
    chain.happen(incident(1))
    chain.happen(incident(2, suppressed=HELD))
    chain.happen(incident(3, state="resolved"))
    text = rollups.text(chain.state(), chain.fleet.views.values())
    row = '{priority="P2",category="pos_outage",region="north"} 1\n'
    assert f"tillwatch_incidents_open{row}" in text
    assert f"tillwatch_incidents_held_back{row}" in text
