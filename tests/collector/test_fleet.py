import pytest

from collector.fleet import Fleet
from contract.rejection import Rejected
from contract.reports import Live
from contract.results import Result
from contract.status import Status


def pulse(*results: Result, pending: int = 0) -> Live:
    return Live(at=5.0, epoch="0" * 16, last=0, digest="0" * 16, results=list(results), pending=pending)


def test_stores_that_are_built_alike_share_one_list_of_checks() -> None:
    fleet = Fleet()
    one = fleet.update("a", "0001", pulse(Result("pos-01/tcp", Status.OK, 1.0)), 9.0)
    two = fleet.update("b", "0002", pulse(Result("pos-01/tcp", Status.OK, 2.0)), 9.0)
    assert one.shape is two.shape


def test_a_view_that_was_taken_stays_as_it_was() -> None:
    fleet = Fleet()
    before = fleet.update("a", "0001", pulse(Result("pos-01/tcp", Status.OK, 1.0)), 9.0)
    after = fleet.update("a", "0001", pulse(Result("pos-01/tcp", Status.CRITICAL, 2.0, 0.0, "no\x07")), 10.0)
    assert (before.statuses, list(before.ms), before.texts, before.version) == (b"\x00", [1.0], {}, 1)
    assert (after.statuses, list(after.ms), after.texts, after.version) == (b"\x02", [2.0], {0: "no "}, 2)


@pytest.mark.parametrize("key", ["pos-01", "../etc/passwd", "POS/tcp", "a/b/c", 'a"/b', ""])
def test_a_key_that_is_none_never_gets_in(key: str) -> None:
    fleet = Fleet()
    with pytest.raises(Rejected, match="check key"):
        fleet.update("a", "0001", pulse(Result(key, Status.OK, 1.0)), 9.0)
    assert fleet.views == {}


def test_a_check_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(Rejected, match="twice"):
        Fleet().update("a", "0001", pulse(Result("a/b", Status.OK, 1.0), Result("a/b", Status.OK, 1.0)), 9.0)


def test_agents_that_left_the_registry_are_forgotten() -> None:
    fleet = Fleet()
    fleet.update("a", "0001", pulse(), 9.0)
    fleet.update("b", "0002", pulse(), 9.0)
    fleet.keep_only({"b": "0002"})
    assert list(fleet.views) == ["b"]
