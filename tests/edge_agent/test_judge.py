"""When measurements become belief."""

from hypothesis import given
from hypothesis import strategies as st

from contract.status import Status
from edge_agent.judge import Change, Judgement, Measurement, Patience, Watch, judged, unseen

OK, WARNING, CRITICAL, UNKNOWN = Status
PATIENCE = Patience(interval=10.0, confirm=3, recover=1)
NEW = Watch()
statuses = st.sampled_from(list(Status))


def measured(*said: Status, watch: Watch = NEW, patience: Patience = PATIENCE) -> list[Judgement]:
    """One measurement every second, from second 1."""
    out = []
    for at, status in enumerate(said, start=1):
        out.append(judged(watch, Measurement(status, float(at), 1.0, f"said {status.word}"), patience))
        watch = out[-1].watch
    return out


def test_a_new_check_that_is_well_is_believed_at_once_and_is_a_change() -> None:
    (only,) = measured(OK)
    assert only.change == Change(UNKNOWN, OK, 1.0, flapping=False, text="said ok")
    assert not only.again


def test_a_failure_is_believed_after_confirm_measurements_and_began_with_the_first() -> None:
    first, second, third = measured(CRITICAL, CRITICAL, CRITICAL, watch=Watch(OK))
    assert (first.change, first.again) == (None, True)
    assert (second.change, second.again) == (None, True)
    assert third.change == Change(OK, CRITICAL, 1.0, flapping=False, text="said critical")
    assert not third.again


def test_a_single_bad_measurement_leaves_no_trace() -> None:
    *_, last = measured(CRITICAL, OK, CRITICAL, CRITICAL, watch=Watch(OK))
    assert last.change is None


def test_failures_that_differ_confirm_each_other_and_the_last_is_believed() -> None:
    *_, last = measured(WARNING, UNKNOWN, CRITICAL, watch=Watch(OK))
    assert last.change is not None
    assert (last.change.after, last.change.started_at) == (CRITICAL, 1.0)


def test_recovery_takes_as_many_measurements_as_asked() -> None:
    slow = PATIENCE._replace(recover=2)
    first, second = measured(OK, OK, watch=Watch(CRITICAL), patience=slow)
    assert (first.change, first.again) == (None, True)
    assert second.change is not None
    assert second.change.after is OK


def test_a_first_status_of_unknown_is_a_change_too_so_that_the_snapshot_lists_the_check() -> None:
    *_, last = measured(UNKNOWN, UNKNOWN, UNKNOWN)
    assert last.change is not None
    assert (last.change.before, last.change.after) == (UNKNOWN, UNKNOWN)


def test_many_changes_in_a_short_time_set_the_flap_bit_and_delay_none() -> None:
    judgements = measured(*[OK, CRITICAL] * 4, patience=PATIENCE._replace(confirm=1))
    changes = [judgement.change for judgement in judgements if judgement.change]
    assert [change.flapping for change in changes] == [False] * 3 + [True] * 5


def test_changes_long_ago_are_no_flapping() -> None:
    watch = Watch(OK, changes=(1.0, 2.0, 3.0))
    judgement = judged(watch, Measurement(CRITICAL, 500.0, 1.0), PATIENCE._replace(confirm=1))
    assert judgement.change is not None
    assert not judgement.change.flapping


def test_evidence_older_than_two_intervals_is_unknown_from_the_moment_it_was_too_old() -> None:
    assert unseen(Watch(OK), last_seen=100.0, now=120.0, patience=PATIENCE).change is None
    stale = unseen(Watch(OK), last_seen=100.0, now=121.0, patience=PATIENCE)
    assert stale.change == Change(OK, UNKNOWN, 120.0, flapping=False, text="not measured for 21 s")
    assert unseen(stale.watch, last_seen=100.0, now=500.0, patience=PATIENCE).change is None


@given(st.lists(statuses, max_size=40), st.integers(1, 5), st.integers(1, 3))
def test_a_sustained_failure_is_never_hidden_for_longer_than_its_confirmation(
    before: list[Status], confirm: int, recover: int
) -> None:
    """Whatever came before and however failures alternate, `confirm` of them in a row end in a state that is not ok."""
    patience = Patience(10.0, confirm, recover)
    watch = Watch()
    for at, status in enumerate([*before, *[WARNING, CRITICAL] * confirm]):
        watch = judged(watch, Measurement(status, float(at), 1.0), patience).watch
    assert watch.state in (WARNING, CRITICAL)


@given(st.lists(statuses, max_size=60), st.integers(1, 4), st.integers(1, 4))
def test_changes_form_a_chain_and_each_began_no_later_than_it_was_decided(
    said: list[Status], confirm: int, recover: int
) -> None:
    watch, believed = Watch(), UNKNOWN
    for at, status in enumerate(said):
        judgement = judged(watch, Measurement(status, float(at), 1.0), Patience(10.0, confirm, recover))
        watch = judgement.watch
        if judgement.change:
            assert judgement.change.before is believed
            assert judgement.change.after is watch.state is status
            assert judgement.change.started_at <= at
            believed = judgement.change.after
        assert judgement.again == (status is not watch.state)
