"""Measurements that nobody heard are kept as sums; what was heard needs none."""

from contract.records import Summary
from contract.status import Status
from edge_agent.judge import Measurement
from edge_agent.summing import EVERY, HEARD_WITHIN, Sums
from tests.edge_agent.drafts import stamp
from tests.edge_agent.linking import Link


def measured(at: float, ms: float = 2.0, status: Status = Status.OK) -> Measurement:
    return Measurement(status, at, ms)


def test_a_period_without_an_answer_becomes_one_sum_for_each_check_and_status() -> None:
    sums = Sums(0.0)
    for at, ms, status in [
        (10, 2.0, Status.OK),
        (25, 4.0, Status.OK),
        (40, 9.0, Status.CRITICAL),
        (55, 3.0, Status.OK),
    ]:
        sums.add("pos-01/tcp", measured(at, ms, status))
    assert sums.due(EVERY - 1) == []
    ok, critical = sums.due(EVERY)
    assert (ok.since, ok.until, ok.times, ok.min_ms, ok.total_ms, ok.max_ms) == (10, 55, 3, 2.0, 9.0, 4.0)
    assert (critical.status, critical.since, critical.until, critical.times) == (Status.CRITICAL, 40, 40, 1)
    assert sums.due(2 * EVERY) == [], "nothing was measured since"


def test_while_the_collector_answers_nothing_is_summed_and_an_outage_ends_with_its_last_sums() -> None:
    sums = Sums(0.0)
    sums.add("pos-01/tcp", measured(30))
    assert sums.heard(60) == []
    assert sums.due(60 + EVERY) == []
    sums.add("pos-01/tcp", measured(61 + EVERY))
    (last,) = sums.heard(60 + EVERY + HEARD_WITHIN)
    assert last.times == 1


def test_an_outage_that_ends_right_after_a_sum_still_has_its_last_one() -> None:
    sums = Sums(0.0)
    sums.add("pos-01/tcp", measured(1))
    assert len(sums.due(EVERY)) == 1
    sums.add("pos-01/tcp", measured(EVERY + 1))
    assert len(sums.heard(EVERY + 2)) == 1


def test_summaries_are_backlog_behind_live_and_are_acknowledged_like_any_record() -> None:
    link = Link()
    link.connect()
    link.run(1)
    fresh = link.decide()
    sums = Sums(0.0)
    sums.add("pos-01/tcp", measured(1))
    link.uplink.summarised(link.log.summarise(sums.due(EVERY), stamp()))
    link.run(30)
    assert link.live_records() == [[fresh.seq]]
    assert link.bulk_records() == [[fresh.seq + 1]]
    assert link.log.standing().pending == 0


def test_a_summary_holds_the_least_mean_and_greatest_duration() -> None:
    link = Link()
    sums = Sums(0.0)
    for ms in (1.0, 2.0, 6.0):
        sums.add("pos-01/tcp", measured(1, ms))
    (record,) = link.log.summarise(sums.due(EVERY), stamp())
    assert record == Summary(1, "pos-01/tcp", 1, 1, Status.OK, 3, 1.0, 3.0, 6.0)
