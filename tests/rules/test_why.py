from rules.answers import views
from rules.answers.known import is_known, nearest
from rules.answers.why import Why, why
from rules.course.incident import Reason
from rules.entries import AgentHeard, AgentSilent, CheckRetired, CmdbLoaded, Snapshot
from rules.state import State
from tests.rules.estates import CRITICAL, OK, Story, chain

WELL = {f"pos-0{lane}/tcp": OK for lane in range(1, 5)} | {"sw-01/icmp": OK, "acquirer-a/http": OK}


def told(checks: dict[str, object] | None = None) -> Story:
    story = Story(chain())
    for agent in ("0001-s", "0002-s", "0003-s"):
        story.say(agent, WELL)
    story.wait(60)
    if checks:
        story.say("0001-s", checks)  # type: ignore[arg-type]
    return story


def asked(story: Story, subject: str) -> Why:
    return why(story.state, subject, story.now)


def test_an_incident_is_explained_by_rule_evidence_and_capacity() -> None:
    story = told({"pos-01/tcp": CRITICAL})
    story.wait(6)
    answer = asked(story, "0001/pos-01")
    assert answer.state == "critical"
    assert answer.sentence == "pos-01 is critical: #1 P3 Checkout: 1 of 4 lanes down at 0001: pos-01."
    assert [reason.rule for reason in answer.reasons][:3] == ["1 evidence", "6 capacity", "7 capacity"]
    assert [check.check for check in answer.checks] == ["tcp"]


def test_the_absence_of_an_incident_is_explained_too() -> None:
    answer = asked(told(), "0001/pos-01")
    assert (answer.state, answer.incidents) == ("ok", ())
    assert answer.sentence == "pos-01 is ok and has no incident: every check of it is ok."


def test_a_symptom_names_what_explains_it_and_the_path_to_it() -> None:
    story = told({"sw-01/icmp": CRITICAL, "pos-01/tcp": CRITICAL})
    answer = asked(story, "0001/pos-01")
    assert answer.path == ("0001/sw-01", "0001/pos-01")
    assert "has no incident of its own" in answer.sentence
    assert answer.sentence.endswith("explains it.")


def test_nobody_heard_is_not_ok() -> None:
    story = Story(chain())
    assert asked(story, "0001").state == "unknown"
    assert asked(story, "0001/pos-01").state == "unknown"
    assert asked(story, "acquirer-a").state == "unknown"


def test_a_silent_stores_cis_are_unknown_and_not_what_they_last_were() -> None:
    story = told()
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now - 45))
    assert asked(story, "0001/pos-01").state == "unknown"
    assert asked(story, "0001").state == "unreachable"
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    assert asked(story, "0001/pos-01").state == "unknown"
    story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=story.fleet.snapshot("0001-s")))
    assert asked(story, "0001/pos-01").state == "ok"


def test_what_nothing_checks_is_as_bad_as_what_it_needs_and_else_unknown() -> None:
    story = Story(chain())
    story.say("0001-s", {"sw-01/icmp": CRITICAL, "pos-02/tcp": OK})
    assert asked(story, "0001/pos-01").state == "critical"
    assert asked(story, "0001/pos-02").state == "ok"
    assert asked(story, "0001/sign").state == "unknown"
    assert asked(story, "0001/sign").reasons[-1].text.startswith("nothing checks it")
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now - 45))
    assert asked(story, "0001/pos-02").state == "unknown"
    assert (
        Reason("5 silence", "the store's agents are not heard; it was ok when they last were")
        in asked(story, "0001/pos-02").reasons
    )


def test_an_incident_is_shown_at_its_ci_its_symptoms_what_it_affects_and_its_store_and_nowhere_else() -> None:
    story = Story(chain())
    story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": OK, "sign/tcp": OK})
    story.wait(60)
    story.say("0001-s", {"sw-01/icmp": CRITICAL, "pos-01/tcp": CRITICAL})
    story.wait(6)
    assert [(row.ci, row.symptoms) for row in story.incidents()] == [("0001/sw-01", ("0001/pos-01",))]
    asked_of = [f"0001/{ci}" for ci in ("sw-01", "pos-01", "pos-02", "pos-04", "sign")]
    assert [ref for ref in asked_of if lines(story, ref)] == ["0001/sw-01", "0001/pos-01", "0001/pos-02", "0001/pos-04"]
    store = views.store_view(story.state, "0001", story.now)
    assert store is not None
    assert [line.ci for line in store.incidents] == ["0001/sw-01"]


def lines(story: Story, ref: str) -> tuple[views.IncidentLine, ...]:
    view = views.item_view(story.state, ref, story.now)
    assert view is not None
    return view.incidents


def test_what_nobody_knows_is_said_to_be_unknown() -> None:
    assert asked(told(), "0001/moon").state == "unknown"
    assert why(State.empty(), "0001", 0.0).sentence == "No policy is loaded, so nothing is judged yet."


def test_what_is_in_the_cmdb_checked_or_an_incident_is_known_and_nothing_else() -> None:
    story = told({"ghost/tcp": OK, "sign/tcp": CRITICAL})
    for subject in ("0001", "0001/sign", "0002/sign", "acquirer-a", "0001/ghost"):
        assert is_known(story.state, subject, story.now), subject
    for subject in ("0099", "0001/moon", "ghost", "sign", "0002/ghost", "0099/pos-01"):
        assert not is_known(story.state, subject, story.now), subject
    assert asked(story, "0001/ghost").sentence == "ghost is ok and has no incident: every check of it is ok."
    without = {**chain(), "items": [item for item in chain()["items"] if item["id"] != "sign"]}
    story.tell(CheckRetired(at=story.now, agent="0001-s", check="sign/tcp"))
    story.tell(CmdbLoaded(at=story.now, document=without))
    story.wait(1)
    assert [row.ci for row in story.incidents() if row.state == "open"] == ["0001/sign"]
    assert is_known(story.state, "0001/sign", story.now)


def test_the_nearest_ids_are_of_the_store_that_was_meant_and_of_what_the_asker_sees() -> None:
    known = told().state.estate
    assert nearest(known, "0001/pos-1", lambda _store: True)[0] == "0001/pos-01"
    assert nearest(known, "aquirer-a", lambda _store: True) == ["acquirer-a"]
    assert set(nearest(known, "0009/pos-01", lambda _store: True)) == {"0001", "0002", "0003"}
    assert nearest(known, "0009", lambda store: store == "0002") == ["0002"]
    assert nearest(known, "0001/pos-1", lambda store: store == "0002") == []


def test_a_stores_view_gives_the_capacity_of_every_service() -> None:
    story = told({"pos-01/tcp": CRITICAL})
    view = views.store_view(story.state, "0001", story.now)
    assert view is not None
    assert [(one.service, one.up, one.total, one.ratio) for one in view.services] == [
        ("checkout", 3, 4, 0.75),
        ("promotions", 1, 1, 1.0),
    ]
    assert views.store_view(story.state, "0099", story.now) is None


def test_a_shared_cis_view_counts_the_votes() -> None:
    story = told({"acquirer-a/http": CRITICAL})
    view = views.item_view(story.state, "acquirer-a", story.now)
    assert view is not None
    assert view.votes == {"failing": 1, "well": 2}
    assert view.state == "ok"


def test_asking_changes_nothing() -> None:
    story = told({"pos-01/tcp": CRITICAL})
    before = len(story.state.deadlines), dict(story.state.incidents)
    for subject in ("0001", "0001/pos-01", "acquirer-a", "0002"):
        asked(story, subject)
    assert (len(story.state.deadlines), story.state.incidents) == before
