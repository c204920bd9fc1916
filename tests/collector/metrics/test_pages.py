"""Pages: everything is on exactly one, and none is too large."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.pages import AIM, page_of, pages_for
from contract.ids import part_of


@given(st.dictionaries(st.text("abc-019", min_size=1, max_size=8), st.integers(1, 4_003), max_size=200))
def test_no_page_holds_more_than_it_should(samples: dict[str, int]) -> None:
    """4,003 is what the largest agent that the contract allows has."""
    pages = pages_for(samples)
    held = Counter[int]()
    for id_, count in samples.items():
        held[page_of(id_, pages)] += count
    assert all(count <= AIM for count in held.values())
    assert all(0 <= page < pages for page in held)


def test_a_part_of_ten_thousand_stores_is_one_page() -> None:
    assert pages_for({f"{store:05d}-server": 123 for store in range(156)}) == 1


def test_the_agents_of_one_part_are_spread_over_its_pages() -> None:
    """Part and page come from different bits of the hash: the same ones would put a part on one page."""
    part = [id_ for at in range(20_000) if part_of(id_ := f"{at:05d}-server") == "07"]
    spread = Counter(page_of(id_, 4) for id_ in part)
    assert min(spread.values()) > len(part) / 4 * 0.7
