"""What the rules keep found rather than find again is never stale: it follows whatever it was found from."""

import random

import pytest

from contract.ids import split_check
from contract.status import Status
from rules.course.ledger import day_of
from rules.draft import Draft
from rules.entries import CmdbLoaded, SeenBelief, Snapshot
from rules.given import estate
from rules.impact.capacity import capacity, is_usable
from rules.sight import layout
from rules.sight.belief import CheckState
from rules.state import State
from tests.rules.estates import CRITICAL, OK, RETAIL, START, Story, chain, till

AGENT = "0001-s"
KEYS = [f"{ci}/{name}" for ci in ("pos-01", "pos-01-a", "sign", "sw-01") for name in ("host", "tcp", "tls")]


def snapshot(keys: list[str], at: float) -> Snapshot:
    beliefs = [SeenBelief(key, OK, START, 1, 1, 15.0) for key in keys]
    return Snapshot(at=at, agent=AGENT, beliefs=beliefs)


def grouped(draft: Draft) -> dict[str, list[tuple[str, CheckState]]]:
    """An agent's checks by CI, the long way."""
    found: dict[str, list[tuple[str, CheckState]]] = {}
    for key, row in draft.checks(AGENT).items():
        ci, name = split_check(key)
        found.setdefault(ci, []).append((name, row))
    return found


def is_as_grouped(draft: Draft) -> bool:
    wanted = grouped(draft)
    return list(draft.layout(AGENT)) == list(wanted) and all(draft.on_ci(AGENT, ci) == wanted[ci] for ci in wanted)


@pytest.mark.parametrize("seed", range(20))
def test_which_checks_are_on_a_ci_follows_every_snapshot(seed: int) -> None:
    story, chance = Story(chain(1)), random.Random(seed)
    for _ in range(8):
        story.now += 60
        story.tell(snapshot(chance.sample(KEYS, chance.randrange(1, len(KEYS))), story.now))
        assert is_as_grouped(Draft(story.state, story.now))
        story.say(AGENT, {chance.choice(KEYS): chance.choice([OK, CRITICAL])})
        assert is_as_grouped(Draft(story.state, story.now))


@pytest.mark.parametrize("seed", range(20))
def test_which_checks_are_on_a_ci_follows_what_a_step_has_decided_so_far(seed: int) -> None:
    story, chance = Story(chain(1)), random.Random(seed)
    story.tell(snapshot(KEYS[:6], START))
    draft = Draft(story.state, START)
    for number in range(30):
        row = CheckState(CRITICAL, START, 1, number, 15.0) if chance.random() < 0.6 else None
        draft.put_check(AGENT, chance.choice(KEYS), row)
        assert is_as_grouped(draft)
    assert is_as_grouped(Draft(story.state, START))


def test_an_agent_that_checks_nothing_any_more_has_nothing_on_any_ci() -> None:
    story = Story(chain(1))
    story.tell(snapshot(["pos-01/tcp"], START))
    draft = Draft(story.state, START)
    assert draft.on_ci(AGENT, "pos-01")
    draft.put_check(AGENT, "pos-01/tcp", None)
    assert draft.layout(AGENT) == {}
    assert draft.on_ci(AGENT, "pos-01") == []


def test_agents_with_the_same_checks_share_one_layout() -> None:
    assert layout.of(reversed(KEYS)) is layout.of(KEYS)


def test_another_cmdb_says_anew_what_gives_a_service_and_of_which_category_it_is() -> None:
    story = Story(chain(1))
    story.say(AGENT, {"pos-01/tcp": CRITICAL})
    assert capacity(Draft(story.state, story.now), "0001", "checkout").members == 4
    assert story.state.estate.category("0001/sign") == "signage"
    items = [*chain(1)["items"], till(1, "pos-05"), till(1, "pos-06")]
    items = [one | {"class": "pos_terminal"} if one["id"] == "sign" else one for one in items]
    story.tell(CmdbLoaded(at=story.now, document=chain(1) | {"items": items}))
    story.wait(10)
    assert story.state.estate.category("0001/sign") == "pos_outage"
    assert capacity(Draft(story.state, story.now), "0001", "checkout").members == 6


@pytest.mark.parametrize("seed", range(30))
def test_what_is_of_use_is_the_same_without_a_look_at_all_that_it_needs(seed: int) -> None:
    """Whatever fails, in the store or shared, watched or not, opened, explained or disputed."""
    chance, cmdb = random.Random(seed), chain(3)
    for one in list(cmdb["items"]):
        if one["class"] == "pos_terminal" and chance.random() < 0.7:
            pad = {"id": f"pad-{one['id']}", "store": one["store"], "class": "pin_pad"}
            cmdb["items"].append(pad | {"depends_on": [one["id"], "acquirer-a"]})
    story = Story(cmdb)
    for _ in range(12):
        story.now += chance.choice([1, 20, 90])
        number = chance.randint(1, 3)
        named = [item["id"] for item in cmdb["items"] if item.get("store", f"{number:04d}") == f"{number:04d}"]
        told = {f"{name}/tcp": chance.choice([OK, CRITICAL, Status.UNKNOWN]) for name in chance.sample(named, 2)}
        story.say(f"{number:04d}-s", told)
        draft = Draft(story.state, story.now)
        for store in ("0001", "0002", "0003"):
            given = draft.estate.givers(store, "checkout").all
            useless = sorted(one.ref for one in given if not is_usable(draft, one.ref, store))
            assert list(capacity(draft, store, "checkout").down) == useless


def test_two_estates_keep_nothing_in_common() -> None:
    one, other = estate.made(RETAIL, chain(1)), estate.made(RETAIL, chain(2))
    assert one.givers("0002", "checkout").all == ()
    assert len(other.givers("0002", "checkout").all) == 4
    assert State.empty().layout(AGENT) == {}


def test_a_day_of_the_ledger_is_the_day_in_utc() -> None:
    assert [day_of(at) for at in (0.0, 86_399.9, 86_400.0, 1_798_761_599.9)] == [
        "1970-01-01",
        "1970-01-01",
        "1970-01-02",
        "2026-12-31",
    ]
