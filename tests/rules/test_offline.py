"""Rule 8 over many stores: P2 exactly as long as half of the tills, by weight, can still sell."""

from hypothesis import given
from hypothesis import strategies as st

from tests.rules.estates import CRITICAL, OK, START, Story, till

TILLS = st.tuples(
    st.floats(min_value=0.5, max_value=4),
    st.sampled_from([None, 0.0, 20.0, 40.0, 60.0]),
    st.booleans(),
)


@given(st.lists(TILLS, min_size=1, max_size=6), st.integers(min_value=0, max_value=60 * 60))
def test_p2_exactly_as_long_as_half_of_the_tills_can_sell(
    tills: list[tuple[float, float | None, bool]], after: int
) -> None:
    """Reckoned here from the till's own numbers, not as the rule does."""
    items = [
        till(1, f"pos-{at}", weight=weight, depends_on=["srv"])
        | ({} if minutes is None else {"offline": {"sell": sells, "card_minutes": minutes}})
        for at, (weight, minutes, sells) in enumerate(tills)
    ]
    story = Story(
        {
            "stores": [{"id": "0001", "agents": ["0001-s"]}],
            "items": [{"id": "srv", "store": "0001", "class": "store_server"}, *items],
        }
    )
    story.say("0001-s", {"srv/icmp": OK})
    story.say("0001-s", {"srv/icmp": CRITICAL})
    story.wait(after)
    whole = sum(weight for weight, _, _ in tills)
    can = sum(weight for weight, minutes, sells in tills if sells and (minutes or 0) * 45 > after)
    assert [row.priority for row in story.incidents()] == [2 if can >= 0.5 * whole - 1e-9 else 1]
    assert story.now == START + after


def test_the_minutes_count_anew_when_the_tills_had_their_line_in_between() -> None:
    """They have sent what they sold by then."""
    store = {"id": "0001", "agents": ["0001-s"]}
    sells = {"offline": {"sell": True, "card_minutes": 60}}
    items = [{"id": "srv", "store": "0001", "class": "store_server"}, till(1, depends_on=["srv"], **sells)]
    story = Story({"stores": [store], "items": items})
    story.say("0001-s", {"srv/icmp": CRITICAL})
    story.wait(44 * 60)
    story.say("0001-s", {"srv/icmp": OK})
    story.wait(60)
    story.say("0001-s", {"srv/icmp": CRITICAL})
    story.wait(44 * 60)
    assert [row.priority for row in story.incidents()] == [2]
    story.wait(60)
    assert [row.priority for row in story.incidents()] == [1]
