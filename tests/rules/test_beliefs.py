import msgspec

from contract.records import Gap, Stamp, Transition
from contract.status import Status
from rules.entries import AgentHeard, Records, SeenBelief, Snapshot
from tests.rules.estates import CRITICAL, OK, START, Story, store, till

ONE = {"stores": [store(1)], "items": [till(1)]}
TILL = "pos-01/tcp"


def transition(seq: int, after: Status, at: float) -> Transition:
    return Transition(seq=seq, check=TILL, before=OK, after=after, started_at=at, decided=Stamp(at, "boot", 0.0))


def told(story: Story, generation: int, *records: Transition | Gap, live: bool = True, offset: float = 0.0) -> None:
    entry = Records(
        at=story.now, agent="0001-s", generation=generation, live=live, records=list(records), offset=offset
    )
    story.tell(entry)


def belief(state: Status, since: float, generation: int, seq: int, said_by: int = 0) -> Snapshot:
    beliefs = [SeenBelief(TILL, state, since, generation, seq, 15.0)]
    return Snapshot(at=START + 60, agent="0001-s", beliefs=beliefs, generation=said_by)


def test_a_transition_says_how_old_its_evidence_may_grow_without_waiting_for_a_hello() -> None:
    story = Story(ONE)
    told(story, 1, msgspec.structs.replace(transition(1, CRITICAL, START), interval=120.0))
    assert story.state.checks["0001-s"][TILL].interval == 120.0
    told(story, 1, transition(2, OK, START))
    assert story.state.checks["0001-s"][TILL].interval == 15.0


def test_an_agent_that_is_heard_for_the_first_time_has_nothing_to_settle() -> None:
    story = Story(ONE)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    assert not story.state.agents["0001-s"].settling


def test_an_old_critical_after_a_newer_ok_changes_nothing() -> None:
    story = Story(ONE)
    told(story, 2, transition(7, OK, START))
    told(story, 2, transition(6, CRITICAL, START))
    told(story, 1, transition(99, CRITICAL, START))
    assert story.incidents() == []
    assert story.state.checks["0001-s"][TILL].state is OK


def test_a_later_life_of_the_log_wins_over_a_higher_number_of_an_earlier_one() -> None:
    story = Story(ONE)
    told(story, 1, transition(99, OK, START))
    told(story, 2, transition(1, CRITICAL, START))
    assert [row.ci for row in story.incidents()] == ["0001/pos-01"]


def test_a_log_that_lost_its_tail_is_believed_when_it_begins_a_new_life() -> None:
    """Its agent measures what it believes, so it will not say it again: nobody else can end what the tail had said."""
    story = Story(ONE)
    told(story, 1, transition(40, OK, START), transition(60, CRITICAL, START))
    assert [row.ci for row in story.incidents()] == ["0001/pos-01"]
    story.now += 60
    story.tell(belief(OK, START, 1, 40, said_by=2))
    assert story.state.checks["0001-s"][TILL].state is OK
    told(story, 2, transition(1, CRITICAL, START + 60))
    story.tell(belief(OK, START, 1, 40, said_by=2))
    assert story.state.checks["0001-s"][TILL].state is CRITICAL, "a snapshot that was overtaken within its life"


def test_a_snapshot_that_is_overtaken_by_its_own_life_changes_nothing() -> None:
    story = Story(ONE)
    told(story, 1, transition(60, CRITICAL, START))
    story.now += 60
    story.tell(belief(OK, START, 1, 40, said_by=1))
    assert story.state.checks["0001-s"][TILL].state is CRITICAL


def test_the_same_record_twice_changes_nothing_the_second_time() -> None:
    story = Story(ONE)
    told(story, 1, transition(1, CRITICAL, START))
    before = story.decisions[-1]
    told(story, 1, transition(1, CRITICAL, START))
    assert before.changes != ()
    assert story.decisions[-1].changes == ()


def test_backlog_does_not_decide_what_is_so_now() -> None:
    story = Story(ONE)
    told(story, 1, transition(1, OK, START))
    told(story, 1, transition(2, CRITICAL, START), live=False)
    assert story.incidents() == []


def test_backlog_of_the_record_that_is_believed_says_when_it_began() -> None:
    story = Story(ONE)
    story.now += 60
    story.tell(belief(CRITICAL, START + 50, 1, 5))
    told(story, 1, transition(5, CRITICAL, START + 10), live=False)
    assert story.incidents()[0].started_at == START + 10
    assert story.incidents()[0].learnt_at == START + 60


def test_a_stores_clock_is_corrected_and_never_ahead_of_when_it_was_learnt() -> None:
    story = Story(ONE)
    story.now += 100
    told(story, 1, transition(1, CRITICAL, START + 3_600), offset=-3_590.0)
    assert story.incidents()[0].started_at == START + 10
    other = Story(ONE)
    told(other, 1, transition(1, CRITICAL, START + 3_600))
    assert other.incidents()[0].started_at == START


def test_a_snapshot_that_repeats_what_is_known_changes_no_check() -> None:
    story = Story(ONE)
    story.now += 60
    story.tell(belief(OK, START, 1, 5))
    story.tell(belief(OK, START + 0.2, 1, 5))
    assert [change for change in story.decisions[-1].changes if change.table == "checks"] == []


def test_a_gap_is_said_and_changes_nothing() -> None:
    story = Story(ONE)
    told(story, 1, transition(1, OK, START))
    told(story, 1, Gap(seq=9, first=2, last=8, count=7, reason="log full"))
    assert [reason.text for reason in story.decisions[-1].reasons] == ["0001-s lost 7 records: log full"]


def test_an_agent_of_no_store_is_said_and_judged_nowhere() -> None:
    story = Story(ONE)
    story.say("stranger", {TILL: CRITICAL})
    assert story.incidents() == []
    assert [reason.rule for reason in story.decisions[-1].reasons] == ["4 unregistered"]


def test_the_same_failure_learnt_with_a_clock_known_a_little_better_is_the_same_incident() -> None:
    """A restored database hears everything again, after another measurement of the agent's clock."""
    ids = set()
    for offset in (0.0, 0.0013, -0.02, 0.3):
        story = Story(ONE)
        story.now += 60
        told(story, 1, transition(1, CRITICAL, START + 10), offset=offset)
        ids.add(story.incidents()[0].id)
    assert len(ids) == 1
