"""Rule 13: from when it counts again that a store does not reach something, once its line is back."""

import pytest

from rules.draft import Draft
from rules.entries import AgentHeard, AgentSilent, Snapshot
from rules.given import policy
from rules.sight import lines
from tests.rules.estates import CRITICAL, OK, RETAIL, START, Story, store

ALONE = policy.typed(RETAIL).ending.stand_alone
CUT = START + 2_000
BACK = CUT + 1_000
ANEW = 30.0  # two intervals
CHECKS = {"internet": "internet/icmp", "resolver": "resolver/dns"}
SHARED = [
    {"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]},
    {"id": "internet", "class": "control_target"},
    {"id": "resolver", "class": "control_target"},
]


def without_its_line(stores: int = 1) -> Story:
    """Since 1,000 s the first store, or so many, reach no control target, and are silent from CUT on."""
    agents = [f"{number:04d}-s" for number in range(1, stores + 1)]
    story = Story({"stores": [store(number) for number in range(1, 41)], "items": SHARED})
    for number in range(1, 41):
        story.say(f"{number:04d}-s", {"acquirer-a/http": OK, **dict.fromkeys(CHECKS.values(), OK)})
    story.wait(1_000)
    for agent in agents:
        story.say(agent, dict.fromkeys(CHECKS.values(), CRITICAL))
    story.wait(1_000)
    for agent in agents:
        story.tell(AgentSilent(at=CUT, agent=agent, since=CUT))
    return story


def back(story: Story, number: int = 1, **answers: float) -> None:
    """The store is heard at BACK, and did not reach the acquirer since CUT + 10; what answers now, and since when."""
    story.now, agent = BACK, f"{number:04d}-s"
    story.fleet.transitions(agent, {"acquirer-a/http": CRITICAL}, CUT + 10)
    for name, since in answers.items():
        story.fleet.transitions(agent, {CHECKS[name]: OK}, since)
    story.tell(AgentHeard(at=BACK, agent=agent))
    story.tell(Snapshot(at=BACK, agent=agent, beliefs=story.fleet.snapshot(agent)))


def counts_from(story: Story, since: float = CUT + 10, store: str = "0001") -> float | None:
    return lines.counts_from(Draft(story.state, story.now), "acquirer-a", store, since)


@pytest.mark.parametrize(("answers", "expected"), [(100.0, BACK + ANEW), (900.0, CUT + 900 + ALONE)])
def test_it_counts_when_the_line_has_been_back_for_a_while_and_was_asked_anew(answers: float, expected: float) -> None:
    story = without_its_line()
    back(story, internet=CUT + answers)
    assert counts_from(story) == expected


def test_of_several_control_targets_the_last_to_answer_says_since_when() -> None:
    story = without_its_line()
    back(story, internet=CUT + 950, resolver=CUT + 900)
    assert counts_from(story) == CUT + 950 + ALONE


def test_a_control_target_explains_nothing_that_failed_once_it_answered() -> None:
    story = without_its_line()
    back(story, internet=CUT + 900)
    assert counts_from(story, CUT + 900) == BACK + ANEW
    assert counts_from(story, CUT + 899) == CUT + 900 + ALONE


def test_a_carriers_fault_explains_it_for_the_stores_that_it_reached() -> None:
    story = without_its_line(stores=10)
    (fault,) = [row for row in story.incidents() if row.ci == "internet"]
    assert "0001" in fault.stores
    back(story, internet=CUT + 900)
    assert counts_from(story) == CUT + 900 + ALONE


def test_the_carriers_fault_of_others_explains_nothing() -> None:
    """Before its silence the store reached its control targets, and so nothing was opened for its line."""
    story = without_its_line(stores=10)
    story.tell(AgentSilent(at=CUT, agent="0011-s", since=CUT))
    back(story, 11, internet=CUT + 900)
    assert counts_from(story, store="0011") == BACK + ANEW
