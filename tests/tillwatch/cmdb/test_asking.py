"""Who asks what: the store's first agent, all, or the one on the item; shared items from the stores that need them."""

import pytest

from collector.cmdb import whole
from contract.documents import line_of
from tests.tillwatch.cmdb.estates import chain
from tillwatch.cmdb import asking


def who(checks_by_class: str) -> dict[str, list[str]]:
    """Agent → `store/item/check` of what it asks."""
    by_agent = asking.asked(asking.chain(chain(checks_by_class)))
    return {
        agent: [f"{one.item.ref}/{one.check.called}" for one in asked] for agent, asked in by_agent.items() if asked
    }


def mistakes(checks_by_class: str) -> list[str]:
    cmdb = chain(checks_by_class)
    return [f"{line_of(cmdb.lines, path)}: {path}: {text}" for path, text in asking.mistakes(asking.chain(cmdb))]


def test_an_item_of_a_store_is_asked_by_the_stores_first_agent_and_a_planned_one_by_nobody() -> None:
    assert who("  pos_terminal: [{probe: icmp}]\n") == {
        "0001-server": ["0001/pos-01/icmp", "0001/pos-02/icmp"],
        "0002-server": ["0002/pos-01/icmp"],
        "0003-server": ["0003/pos-01/icmp"],
    }


def test_all_agents_of_a_store_ask_where_it_says_so() -> None:
    found = who("  pos_terminal: [{probe: icmp, from: all}]\n")
    assert found["0001-spare"] == found["0001-server"]


def test_a_host_asks_itself() -> None:
    assert who("  store_server: [{probe: host, from: host}]\n") == {"0001-server": ["0001/server-01/host"]}


def test_a_shared_item_is_asked_from_the_stores_that_need_it() -> None:
    found = who('  payment_gateway: [{probe: http, target: "https://10.9.0.5/"}]\n')
    assert found == {"0001-server": ["acquirer-a/http"], "0003-server": ["acquirer-a/http"]}


def test_a_shared_item_that_nothing_depends_on_is_asked_from_every_store() -> None:
    found = who("  control_target: [{probe: icmp, from: all}]\n")
    assert set(found) == {"0001-server", "0001-spare", "0002-server", "0003-server"}


def test_named_agents_ask_and_nobody_else() -> None:
    found = who("  control_target: [{probe: icmp, agents: [0002-server]}]\n")
    assert found == {"0002-server": ["reference/icmp"]}


def test_of_a_large_cohort_the_same_stores_are_chosen_whatever_stores_are_added() -> None:
    def chosen(count: int) -> set[str]:
        stores = "".join(f'  - {{id: "{at:04d}", agents: [a{at}]}}\n' for at in range(count))
        text = f"stores:\n{stores}items: [{{id: far, class: control_target}}]\n"
        cmdb = whole(text + "checks_by_class: {control_target: [{probe: icmp, stores_per_cohort: 5}]}\n", "cmdb.yaml")
        return {agent for agent, asked in asking.asked(asking.chain(cmdb)).items() if asked}

    assert len(chosen(100)) == len(chosen(101)) == 5
    assert len(chosen(100) & chosen(101)) >= 4


def test_what_nobody_asks_is_counted() -> None:
    found = asking.unasked(asking.chain(chain("  pos_terminal: [{probe: icmp}]\n")))
    assert found.classes == {"control_target": 1, "payment_gateway": 1, "scale": 1, "store_server": 1}
    assert found.stores == ["0004"]


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (
            "  pos_termnal: [{probe: icmp}]\n",
            "17: checks_by_class.pos_termnal: no item is of this class; did you mean 'pos_terminal'?",
        ),
        (
            "  control_target: [{probe: icmp, agents: [0001-servr]}]\n",
            "17: checks_by_class.control_target[0].agents[0]: found '0001-servr', which is no agent of any store; "
            "did you mean '0001-server'?",
        ),
        (
            "  scale: [{probe: host, from: host}]\n",
            "15: items[8].agent: missing; checks_by_class.scale[0] is asked from 0002/scale-01 itself",
        ),
        (
            "  payment_gateway: [{probe: icmp, from: host}]\n",
            "17: checks_by_class.payment_gateway[0].from: `from: host` is for items of a store; acquirer-a is shared",
        ),
        (
            "  scale: [{probe: icmp, agents: [0001-server]}]\n",
            "17: checks_by_class.scale[0].agents: are for shared items; 0002/scale-01 is asked by agents of its store",
        ),
    ],
)
def test_each_mistake_is_told_with_its_line(checks: str, told: str) -> None:
    assert told in mistakes(checks)


def test_a_store_cannot_ask_a_shared_item_whose_name_it_uses_itself() -> None:
    text = 'stores: [{id: "1", agents: [a]}]\nitems:\n  - {id: x, store: "1", class: till}\n  - {id: x, class: far}\n'
    cmdb = chain("  far: [{probe: icmp}]\n", text)
    ((path, text),) = asking.mistakes(asking.chain(cmdb))
    assert path == "items[1].id"
    assert "store '1' has an item 'x' of its own" in text
