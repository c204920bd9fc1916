"""Rule 21: when the records of a check lead from what was believed to what is believed now, without a hole."""

import pytest

from contract.status import Status
from rules.history.past import Told, is_contiguous
from rules.sight.belief import CheckState
from tests.rules.estates import CRITICAL, OK


def told(seq: int, was_seq: int, state: Status = CRITICAL) -> Told:
    return Told("0001-s", "pos-01/tcp", state, 0.0, 0.0, 1, seq, was_seq, 15.0)


def believed(seq: int) -> CheckState:
    return CheckState(OK, 0.0, 1, seq, 15.0, "")


@pytest.mark.parametrize(
    ("seed", "records", "now", "expected"),
    [
        (3, [(5, 3), (8, 5)], 8, True),
        (3, [(8, 5), (5, 3)], 8, True),  # they overtook each other
        (3, [(2, 1), (5, 3)], 5, True),  # what was known already says nothing
        (3, [(8, 5)], 8, False),
        (3, [(5, 3)], 8, False),
        (3, [(5, 0)], 5, True),  # an agent that does not say what it followed
        (None, [(5, 3)], 5, True),
        (None, [], 5, True),
        (3, [], None, True),
    ],
)
def test_records_are_whole_when_each_follows_from_the_one_before(
    seed: int | None, records: list[tuple[int, int]], now: int | None, expected: bool
) -> None:
    first, last = (None if seq is None else believed(seq) for seq in (seed, now))
    assert is_contiguous(first, [told(*record) for record in records], last) is expected
