"""Whatever comes and goes, priorities are raised at once and do not bounce: nobody is called twice for the same."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.estates import CRITICAL, OK, Story, chain

TICK = 10.0  # seconds
LOWER_AFTER = 600.0  # ending.lower_after
FLIPS = st.lists(
    st.tuples(st.sampled_from(["pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "pos-04/tcp"]), st.integers(1, 90)),
    min_size=2,
    max_size=20,
)


@settings(max_examples=40)
@given(FLIPS)
def test_a_priority_is_raised_at_once_and_lowered_only_after_ten_minutes_without_a_need(
    flips: list[tuple[str, int]],
) -> None:
    story = Story(chain(1))
    is_down: dict[str, bool] = {}
    needed: dict[tuple[str, int], float] = {}  # incident, priority → when it was last asked for, or worse
    before: dict[str, int] = {}
    calls: Counter[str] = Counter()
    lowered: Counter[str] = Counter()
    for check, ticks in flips:
        is_down[check] = not is_down.get(check, False)
        story.say("0001-s", {check: CRITICAL if is_down[check] else OK})
        for _ in range(ticks):
            for row in story.incidents():
                if row.wanted is None or row.restored_at is not None or row.state == "resolved":
                    before.pop(row.id, None)
                    continue
                assert row.opened_at is None or row.priority <= row.wanted
                for priority in range(row.wanted, 4):
                    needed[row.id, priority] = story.now
                if row.opened_at is not None and row.priority > before.get(row.id, 3):
                    assert story.now - needed[row.id, before[row.id]] >= LOWER_AFTER
                before[row.id] = row.priority
            story.wait(TICK)
    for decision in story.decisions:
        calls.update(call for effect in decision.effects if effect.kind == "page" and (call := _raise_of(effect.key)))
        stories = [change.row for change in decision.changes if change.table == "timeline"]
        lowered.update(line.incident for line in stories if line.kind == "lowered")
    for call, times in calls.items():
        assert times <= 1 + lowered[call.partition(":")[0]]


def _raise_of(key: str) -> str:
    """The incident, its life and the priority that it was raised to, whenever that was; empty for another page."""
    return ":".join(key.split(":")[:-1]) if ":P" in key else ""
