from hypothesis import given
from hypothesis import strategies as st

from rules.given import graph
from rules.given.cmdb import Item

ITEMS = {
    item.ref: item
    for item in (
        Item(id="core", klass="router", provides=[]),
        Item(id="sw-01", klass="network_switch", store="0042", depends_on=["core"]),
        Item(id="pos-01", klass="pos_terminal", store="0042", depends_on=["sw-01", "nowhere"], provides=["checkout"]),
        Item(id="core", klass="server", store="0077"),
        Item(id="pos-01", klass="pos_terminal", store="0077", depends_on=["core"], provides=["checkout"]),
    )
}


def test_a_bare_id_means_the_own_stores_item_first_then_a_shared_one() -> None:
    known = graph.graph(ITEMS)
    assert known.parents["0042/sw-01"] == ("core",)
    assert known.parents["0077/pos-01"] == ("0077/core",)
    assert known.parents["0042/pos-01"] == ("0042/sw-01",)


def test_the_blast_radius_lists_who_is_hit_with_stores_and_services() -> None:
    reach = graph.blast_radius(graph.graph(ITEMS), ITEMS, "core")
    assert reach.cis == ("0042/sw-01", "0042/pos-01")
    assert reach.edges == (("core", "0042/sw-01"), ("0042/sw-01", "0042/pos-01"))
    assert reach.stores == ("0042",)
    assert reach.services == ("checkout",)


def test_the_blast_radius_of_an_unknown_ci_is_itself() -> None:
    assert graph.blast_radius(graph.graph(ITEMS), ITEMS, "moon") == graph.Reach("moon", (), (), (), ())


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4)))
def test_of_two_cis_at_most_one_is_above_the_other_whatever_cycles_people_write(edges: dict[str, list[str]]) -> None:
    known = graph.graph({name: Item(id=name, klass="x", depends_on=edges.get(name, [])) for name in "abcdef"})
    for one in "abcdef":
        for other in "abcdef":
            assert not (graph.is_above(known, one, other) and graph.is_above(known, other, one))
        radius = graph.blast_radius(known, {}, one).cis
        assert len(radius) == len(set(radius))
