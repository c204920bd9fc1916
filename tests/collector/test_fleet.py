import pytest

from collector.fleet import AgentView, Fleet
from contract.rejection import Rejected
from contract.reports import Live
from contract.results import Result, Results, columns
from contract.status import Status

PULSE = Live(at=5.0, epoch="0" * 16, last=0, digest="0" * 16)


def take(fleet: Fleet, agent: str, store: str, *results: Result) -> AgentView:
    taken = columns(results)
    assert taken is not None
    return fleet.update(agent, store, PULSE, taken, 9.0)


def test_stores_that_are_built_alike_share_one_list_of_checks() -> None:
    fleet = Fleet()
    one = take(fleet, "a", "0001", Result("pos-01/tcp", Status.OK, 1.0))
    two = take(fleet, "b", "0002", Result("pos-01/tcp", Status.OK, 2.0))
    assert one.shape is two.shape


def test_a_view_that_was_taken_stays_as_it_was() -> None:
    fleet = Fleet()
    before = take(fleet, "a", "0001", Result("pos-01/tcp", Status.OK, 1.0))
    after = take(fleet, "a", "0001", Result("pos-01/tcp", Status.CRITICAL, 2.0, "no\x07"))
    assert (before.statuses, list(before.ms), before.texts, before.version) == (b"\x00", [1.0], {}, 1)
    assert (after.statuses, list(after.ms), after.texts, after.version) == (b"\x02", [2.0], {0: "no "}, 2)


@pytest.mark.parametrize("key", ["pos-01", "../etc/passwd", "POS/tcp", "a/b/c", 'a"/b', ""])
def test_a_key_that_is_none_never_gets_in(key: str) -> None:
    fleet = Fleet()
    with pytest.raises(Rejected, match="check key"):
        take(fleet, "a", "0001", Result(key, Status.OK, 1.0))
    assert fleet.views == {}


def test_a_check_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(Rejected, match="twice"):
        take(Fleet(), "a", "0001", Result("a/b", Status.OK, 1.0), Result("a/b", Status.OK, 1.0))


def test_agents_that_left_the_registry_are_forgotten() -> None:
    fleet = Fleet()
    take(fleet, "a", "0001", Result("pos-01/tcp", Status.OK, 1.0))
    take(fleet, "b", "0002", Result("pos-01/tcp", Status.OK, 1.0))
    fleet.keep_only({"b": "0002"})
    assert list(fleet.views) == ["b"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Results("a/b c/d", "00", [1.0]), "differ in length"),
        (Results("a/b c/d", "0", [1.0, 2.0]), "differ in length"),
        (Results("a/b", "00", [1.0, 2.0]), "differ in length"),
        (Results("a/b", "7", [1.0]), "digits 0123"),
        (Results("a/b", "²", [1.0]), "differ in length"),
        (Results("a/b c/d e/f", "0x0", [1.0, 2.0, 3.0]), "digits 0123"),
    ],
)
def test_columns_that_do_not_fit_together_are_refused_and_change_nothing(found: Results, said: str) -> None:
    fleet = Fleet()
    with pytest.raises(Rejected, match=said):
        fleet.update("a", "0001", PULSE, found, 9.0)
    assert fleet.views == {}


def test_a_text_for_a_row_that_is_not_there_is_left_out() -> None:
    taken = Fleet().update("a", "0001", PULSE, Results("a/b", "2", [1.0], {0: "no", 7: "x", -1: "y"}), 9.0)
    assert taken.texts == {0: "no"}
