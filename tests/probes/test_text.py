import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.results import MAX_TEXT
from contract.status import Status
from probes.probe import Verdict
from probes.text import cleaned, cleaned_bytes


@given(st.text(alphabet=st.characters(), max_size=2000), st.integers(1, 400))
def test_whatever_comes_is_one_bounded_printable_line(text: str, most: int) -> None:
    once = cleaned(text, most)
    assert once.isprintable()
    assert len(once) <= most
    assert cleaned(once, most) == once


@given(st.binary(max_size=2000))
def test_bytes_of_any_encoding_become_such_a_line(body: bytes) -> None:
    text = cleaned_bytes(body)
    assert text.isprintable()
    assert len(text) <= MAX_TEXT


def test_a_text_that_reads_backwards_reads_forwards_again() -> None:
    assert cleaned("paid \u202e001\u202c €") == "paid 001 €"


@pytest.mark.parametrize("position", [0, 60, 70, 79, 300, 310, 319, 1190, 5000])
def test_a_card_number_is_gone_even_where_the_text_is_cut(position: int) -> None:
    """4111 1111 1111 1111 is a test number that passes the Luhn check."""
    for digits in ("4111111111111111", "4111 1111 1111 1111", "4111\x001111\r\n1111-1111"):
        text = "x" * position + " " + digits
        for shown in (cleaned(text, 80), cleaned(text), cleaned_bytes(text.encode(), 80)):
            assert "11" not in shown


def test_what_is_cut_says_so() -> None:
    assert cleaned("x" * 400) == "x" * (MAX_TEXT - 1) + "…"


def test_no_verdict_can_carry_a_text_that_was_not_cleaned() -> None:
    verdict = Verdict(Status.CRITICAL, "it said \x1b[2J" + "x" * 5000)
    assert verdict.text.isprintable()
    assert len(verdict.text) == MAX_TEXT
