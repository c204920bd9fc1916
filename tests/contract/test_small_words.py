"""Clock offset, severity, durations and sizes, and the guard that keeps card numbers out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cardguard import MASK, scrubbed
from contract.clock import Exchange, delay, offset
from contract.status import Status, worst
from contract.units import Duration, Size, duration, from_document, size

SECONDS = st.floats(0, 60)


@given(st.floats(-1e6, 1e6), SECONDS, SECONDS, SECONDS)
def test_the_offset_is_wrong_by_at_most_half_of_the_delay(error: float, there: float, busy: float, back: float) -> None:
    """`error` is what the agent's clock is behind; the lines there and back may differ."""
    sent = 1_700_000_000.0
    received = sent + error + there
    answered = received + busy
    exchange = Exchange(sent, received, answered, arrived=answered + back - error)
    assert delay(exchange) == pytest.approx(there + back, abs=1e-5)
    assert abs(offset(exchange) - error) <= (there + back) / 2 + 1e-5


def test_on_an_even_line_the_offset_is_exact() -> None:
    assert offset(Exchange(sent=100.0, received=203.0, answered=204.0, arrived=107.0)) == 100.0
    assert delay(Exchange(sent=100.0, received=203.0, answered=204.0, arrived=107.0)) == 6.0


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ([], Status.UNKNOWN),
        ([Status.OK, Status.OK], Status.OK),
        ([Status.OK, Status.WARNING], Status.WARNING),
        ([Status.WARNING, Status.UNKNOWN], Status.UNKNOWN),
        ([Status.UNKNOWN, Status.CRITICAL, Status.OK], Status.CRITICAL),
    ],
)
def test_unknown_is_worse_than_a_warning_and_never_outranks_a_failure(seen: list[Status], state: Status) -> None:
    assert worst(seen) is state


def test_the_numbers_of_the_statuses_are_those_of_the_metrics() -> None:
    assert {status.word: int(status) for status in Status} == {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("250ms", 0.25),
        ("1.5m", 90),
        ("72h", 259_200),
        ("400d", 34_560_000),
        ("2w", 1_209_600),
        (" 3 s ", 3),
    ],
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["15", "", "s", "-1s", "1 hour", "1h30m", "1e3s", "1,5s", "15S", "١٥s", "nan s", "infs"]
)
def test_a_duration_without_a_known_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a duration such as 15s, 10m or 72h$"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "count"), [("64KiB", 65_536), ("256MiB", 2**28), ("1GiB", 2**30), ("1MB", 10**6), ("7B", 7)]
)
def test_a_size_is_a_number_with_its_unit(text: str, count: int) -> None:
    assert size(text) == count


def test_a_bare_number_in_a_document_is_a_guess_and_refused() -> None:
    with pytest.raises(ValueError, match=r"^found 15, expected a duration such as 15s, 10m or 72h$"):
        from_document(Duration, 15)
    with pytest.raises(ValueError, match=r"^found 64, expected a size such as 64KiB or 256MiB$"):
        from_document(Size, 64)


# Test numbers that the card schemes publish for this purpose.
@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "4222222222222",
        "6304000000000000000",
    ],
)
def test_a_card_number_is_masked_however_it_is_written(number: str) -> None:
    assert scrubbed(f"card {number} declined") == f"card {MASK} declined"
    assert scrubbed(f"pan={number};") == f"pan={MASK};"


def test_two_card_numbers_in_one_line_are_both_masked() -> None:
    assert scrubbed("4111111111111111,5500005555555559") == f"{MASK},{MASK}"


@pytest.mark.parametrize(
    "text",
    ["4111111111111112", "order 12345", "10.0.42.11:8443", "1700000000.25", "411111111111", "", "ticket INC0012345"],
)
def test_what_is_no_card_number_stays_readable(text: str) -> None:
    assert scrubbed(text) == text


@pytest.mark.parametrize(
    ("text", "scrubbed_text"),
    [
        ("4111111111111111 12", f"{MASK} 12"),
        ("4111 1111 1111 1111 12/25", f"{MASK} 12/25"),
        ("7 4111-1111-1111-1111", f"7 {MASK}"),
        ("0200164111111111111111000000", MASK),
    ],
)
def test_a_card_number_among_other_digits_is_masked(text: str, scrubbed_text: str) -> None:
    assert scrubbed(text) == scrubbed_text


@pytest.mark.parametrize("text", ["a4111111111111111b", "x 4111111111111111\n", "4111111111111111" + "."])
def test_a_card_number_among_other_characters_is_masked(text: str) -> None:
    assert "4111111111111111" not in scrubbed(text)


@given(st.text("0123456789 -", max_size=60), st.text(max_size=20))
def test_scrubbing_twice_changes_nothing_more(digits: str, rest: str) -> None:
    once = scrubbed(rest + digits + rest)
    assert scrubbed(once) == once
