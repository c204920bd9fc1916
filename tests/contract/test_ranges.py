"""Ranges behave as the sets of numbers that they stand for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contract import ranges

SEQS = st.lists(st.integers(1, 60), max_size=40)
SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda span: (span[0], span[0] + span[1])))


def numbers(spans: ranges.Ranges) -> set[int]:
    return {seq for first, last in spans for seq in range(first, last + 1)}


@given(SPANS)
def test_merging_keeps_the_numbers_and_leaves_no_two_ranges_that_touch(spans: list[tuple[int, int]]) -> None:
    merged = ranges.merged(spans)
    assert numbers(merged) == numbers(tuple(spans))
    assert all(first <= last for first, last in merged)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(merged))


@given(SPANS, SEQS)
def test_adding_is_a_union_whatever_the_order_and_however_often(spans: list[tuple[int, int]], seqs: list[int]) -> None:
    have = ranges.merged(spans)
    assert numbers(ranges.added(have, seqs)) == numbers(have) | set(seqs)
    assert ranges.added(ranges.added(have, seqs), reversed(seqs)) == ranges.added(have, seqs)


@given(SPANS, st.integers(-5, 80))
def test_containing_is_membership(spans: list[tuple[int, int]], seq: int) -> None:
    have = ranges.merged(spans)
    assert ranges.contains(have, seq) == (seq in numbers(have))


@given(SPANS, st.integers(0, 80))
def test_what_is_missing_is_the_rest_up_to_the_last(spans: list[tuple[int, int]], last: int) -> None:
    have = ranges.merged(spans)
    assert numbers(ranges.missing(have, last)) == set(range(1, last + 1)) - numbers(have)


@given(SPANS, SPANS)
def test_without_is_the_difference(spans: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    left = ranges.without(ranges.merged(spans), ranges.merged(other))
    assert numbers(left) == numbers(tuple(spans)) - numbers(tuple(other))
    assert left == ranges.merged(left)


@given(SPANS, SEQS)
def test_the_holes_before_some_numbers_end_just_before_them(spans: list[tuple[int, int]], seqs: list[int]) -> None:
    have = ranges.added(ranges.merged(spans), seqs)
    holes = ranges.holes_before(have, seqs)
    assert numbers(holes).isdisjoint(numbers(have))
    assert {last + 1 for _, last in holes} == {seq for seq in seqs if seq > 1 and seq - 1 not in numbers(have)}
    assert all(first == 1 or first - 1 in numbers(have) for first, _ in holes)


@given(SPANS, st.integers(0, 8))
def test_an_ack_without_room_for_all_leaves_out_the_newest(spans: list[tuple[int, int]], most: int) -> None:
    have = ranges.merged(spans)
    kept = ranges.oldest(have, most)
    assert len(kept) <= most
    assert have[: len(kept)] == kept
    assert numbers(kept) <= numbers(have)


def test_seqs_as_large_as_the_wire_allows_are_found() -> None:
    assert ranges.contains(((1, 2**53),), 2**53)
    assert not ranges.contains((), 1)
