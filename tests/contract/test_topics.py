"""Where things are said: identity is the topic's segment, and an agent speaks only in its own part."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics
from contract.ids import part_of
from contract.rejection import Rejected
from tests.contract.strategies import IDS


@given(IDS, st.sampled_from(get_args(topics.Up)))
def test_who_published_is_read_back_from_the_topic(agent: str, report: topics.Up) -> None:
    assert topics.sender(topics.up(agent, report)) == topics.Sender(agent, report)


def test_topics_are_spelled_as_the_design_says() -> None:
    part = part_of("0042-server")
    assert topics.up("0042-server", "hello") == f"tillwatch/1/{part}/0042-server/hello"
    assert topics.down("0042-server", "ack") == f"tillwatch/1/{part}/0042-server/ack"
    assert topics.agent_subscriptions("0042-server") == [
        f"tillwatch/1/{part}/0042-server/ack",
        f"tillwatch/1/{part}/0042-server/cmd",
    ]


def test_a_collector_hears_what_agents_say_and_not_what_it_says_itself() -> None:
    assert topics.collector_subscriptions() == [f"tillwatch/1/+/+/{kind}" for kind in ("hello", "live", "bulk", "bye")]
    assert topics.collector_subscriptions("07") == [
        f"tillwatch/1/07/+/{kind}" for kind in ("hello", "live", "bulk", "bye")
    ]


@pytest.mark.parametrize(
    ("topic", "reason", "detail"),
    [
        ("", "topic", "'' is not a topic that agents publish on"),
        ("tillwatch/1/00/a", "topic", "'tillwatch/1/00/a' is not a topic that agents publish on"),
        ("tillwatch/2/00/a/live", "topic", "'tillwatch/2/00/a/live' is not a topic that agents publish on"),
        ("tillwatch/1/00/a/ack", "topic", "'tillwatch/1/00/a/ack' is not a topic that agents publish on"),
        ("tillwatch/1/00/a/live/x", "topic", "'tillwatch/1/00/a/live/x' is not a topic that agents publish on"),
        ("other/1/00/a/live", "topic", "'other/1/00/a/live' is not a topic that agents publish on"),
        ("tillwatch/1/00/A/live", "topic", "'A' is not an agent id"),
        ("tillwatch/1/00//live", "topic", "'' is not an agent id"),
        ("tillwatch/1/00/a\n/live", "topic", "'a\\n' is not an agent id"),
    ],
)
def test_a_foreign_topic_is_rejected(topic: str, reason: str, detail: str) -> None:
    with pytest.raises(Rejected) as rejection:
        topics.sender(topic)
    assert (rejection.value.reason, rejection.value.detail) == (reason, detail)


@given(IDS, st.sampled_from(get_args(topics.Up)))
def test_an_agent_is_rejected_in_every_part_but_its_own(agent: str, report: str) -> None:
    own = part_of(agent)
    foreign = [f"{part:02d}" for part in range(64) if f"{part:02d}" != own]
    for part in [*foreign, own.lstrip("0") or "0", f"0{own}", "xx", ""]:
        if part == own:
            continue
        with pytest.raises(Rejected) as rejection:
            topics.sender(f"tillwatch/1/{part}/{agent}/{report}")
        assert rejection.value.reason == "part"


def test_a_hostile_topic_is_quoted_and_cut_in_what_people_read() -> None:
    with pytest.raises(Rejected) as rejection:
        topics.sender("\x1b[31m" * 10_000)
    assert len(rejection.value.detail) < 1_100
    assert "\x1b" not in rejection.value.detail


@given(st.text(max_size=80))
def test_any_text_is_a_sender_or_rejected_and_nothing_else(topic: str) -> None:
    outcome: Any
    try:
        outcome = topics.sender(topic)
    except Rejected as rejection:
        outcome = rejection.reason
    assert outcome in ("topic", "part")
