"""Impact and urgency apart: a help desk that multiplies them by the policy's matrix comes to the engine's priority."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.documents import DocumentError
from rules.course.incident import Level, Priority
from rules.given import policy
from rules.given.playbook import Band, Matrix, number
from rules.impact.matrix import weight
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, till

LEVELS: tuple[Level, ...] = (1, 2, 3)
BANDS: tuple[Band, ...] = ("P1", "P2", "P3")
SHIPPED = policy.typed(RETAIL).matrix


def of(matrix: Matrix, impact: int, urgency: int) -> int:
    return number(matrix[impact - 1][urgency - 1])


@pytest.mark.parametrize(("impact", "urgency", "priority"), list(product(LEVELS, LEVELS, LEVELS)))
def test_the_shipped_matrix_gives_the_engines_priority_for_every_combination(
    impact: Level, urgency: Level, priority: Priority
) -> None:
    found = weight(SHIPPED, impact, urgency, priority)
    assert of(SHIPPED, *found) == priority


@given(
    st.lists(st.sampled_from(BANDS), min_size=9, max_size=9).filter(lambda bands: set(bands) == set(BANDS)),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
)
def test_any_matrix_that_holds_every_priority_does(
    bands: list[Band], impact: Level, urgency: Level, priority: Priority
) -> None:
    matrix: Matrix = (tuple(bands[:3]), tuple(bands[3:6]), tuple(bands[6:]))  # type: ignore[assignment]
    found = weight(matrix, impact, urgency, priority)
    assert of(matrix, *found) == priority
    if of(matrix, impact, urgency) == priority:
        assert found == (impact, urgency)  # what fits is not touched


@pytest.mark.parametrize("impact", LEVELS)
def test_what_a_trading_store_lost_is_the_priority_and_a_peak_day_a_band_more(impact: Level) -> None:
    assert of(SHIPPED, impact, 2) == impact
    assert of(SHIPPED, impact, 1) == max(1, impact - 1)


def test_all_lost_while_tills_sell_offline_is_a_p2() -> None:
    assert of(SHIPPED, 1, 3) == 2


def test_a_matrix_that_cannot_give_a_priority_is_refused() -> None:
    with pytest.raises(DocumentError, match="matrix: no impact and urgency give P3"):
        policy.typed(RETAIL | {"matrix": [["P1", "P1", "P1"], ["P1", "P1", "P1"], ["P2", "P2", "P2"]]})


@given(
    st.lists(st.floats(min_value=0.5, max_value=10), min_size=1, max_size=5),
    st.integers(0, 5),
    st.sampled_from(["network_switch", "ups", "signage", "receipt_printer"]),
    st.sampled_from([None, 0.0, 30.0]),
    st.booleans(),
)
def test_every_incident_of_a_store_has_the_pair_that_gives_its_priority(
    weights: list[float], dead: int, parent: str, minutes: float | None, peak: bool
) -> None:
    offline = {} if minutes is None else {"offline": {"sell": True, "card_minutes": minutes}}
    tills = [till(1, f"pos-{at}", weight=one, depends_on=["up"], **offline) for at, one in enumerate(weights)]
    events = [{"kind": "peak", "from": "2026-11-16", "until": "2026-11-16"}] if peak else []
    store = {"id": "0001", "agents": ["0001-s"], "events": events}
    story = Story({"stores": [store], "items": [{"id": "up", "store": "0001", "class": parent}, *tills]})
    story.say("0001-s", {f"pos-{at}/tcp": CRITICAL if at < dead else OK for at in range(len(weights))})
    story.say("0001-s", {"up/icmp": CRITICAL})
    for _ in range(4):
        story.wait(1_000)
        for row in story.incidents():
            assert of(SHIPPED, row.impact, row.urgency) == row.priority, row
