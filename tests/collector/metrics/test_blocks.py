"""The cached blocks: right after every change, written again only then."""

import random
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from collector.fleet import NO_TEXTS, AgentView, Shape
from collector.metrics.blocks import Blocks

SHAPES = [Shape(("pos-01/tcp", "pos-02/tcp")), Shape(("sign-01/http",)), Shape(())]


def view(agent: str, shape: Shape, statuses: bytes, ms: list[float], version: int, *, store: str = "0001") -> AgentView:
    return AgentView(agent, store, shape, statuses, array("f", ms), NO_TEXTS, 0.0, 0.0, 0, 0, None, version)


def read(text: bytes) -> dict[tuple[str, str, str], float]:
    """(metric, agent, ci/check) → value; fails when a metric's lines are not together."""
    found: dict[tuple[str, str, str], float] = {}
    names = []
    for family in text_string_to_metric_families(text.decode()):
        names.append(family.name)
        for one in family.samples:
            found[one.name, one.labels["agent"], f"{one.labels['ci']}/{one.labels['check']}"] = one.value
    assert len(names) == len(set(names))
    return found


def expected(views: list[AgentView]) -> dict[tuple[str, str, str], float]:
    found: dict[tuple[str, str, str], float] = {}
    for one in views:
        for key, status, ms in zip(one.shape.keys, one.statuses, one.ms, strict=True):
            found["tillwatch_check_status", one.agent, key] = status
            found["tillwatch_check_duration_seconds", one.agent, key] = round(ms, 3) / 1000
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2**32)), max_size=12))
def test_after_any_pulses_a_scrape_shows_the_latest_of_each_agent(pulses: list[tuple[int, int, int]]) -> None:
    """Whatever changed: values only, statuses, or the list of checks."""
    blocks, fleet, versions = Blocks(), dict[str, AgentView](), dict[str, int]()
    for number, shape_at, seed in pulses:
        agent, shape, chance = f"agent-{number}", SHAPES[shape_at], random.Random(seed)
        versions[agent] = versions.get(agent, 0) + 1
        statuses = bytes(chance.choices(range(4), k=len(shape.keys)))
        ms = [chance.expovariate(0.01) for _ in shape.keys]
        fleet[agent] = view(agent, shape, statuses, ms, versions[agent])
        views = list(fleet.values())
        found, wanted = read(blocks.text(views)), expected(views)
        assert found.keys() == wanted.keys()
        assert all(abs(found[key] - wanted[key]) < 1e-6 for key in wanted)


def test_an_unchanged_agent_is_not_written_again() -> None:
    """The same version promises the same columns; showing others proves that nothing was formatted."""
    blocks = Blocks()
    before = blocks.text([view("a", SHAPES[1], b"\x00", [1.0], 1)])
    assert blocks.text([view("a", SHAPES[1], b"\x02", [9.0], 1)]) == before
    assert blocks.text([view("a", SHAPES[1], b"\x02", [9.0], 2)]) != before


def test_an_agent_that_moves_to_another_store_changes_its_labels() -> None:
    blocks = Blocks()
    blocks.text([view("a", SHAPES[1], b"\x00", [1.0], 1)])
    assert b'store="0002"' in blocks.text([view("a", SHAPES[1], b"\x00", [1.0], 2, store="0002")])


def test_a_forgotten_agent_is_written_anew() -> None:
    blocks = Blocks()
    blocks.text([view("a", SHAPES[1], b"\x00", [1.0], 1)])
    blocks.forget_all_but([])
    assert b"} 2\n" in blocks.text([view("a", SHAPES[1], b"\x02", [1.0], 1)])


def test_no_agents_no_text() -> None:
    assert Blocks().text([]) == b""
