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


def test_what_is_cut_says_so() -> None:
    assert cleaned("x" * 400) == "x" * (MAX_TEXT - 1) + "…"


def test_no_verdict_can_carry_a_text_that_was_not_cleaned() -> None:
    verdict = Verdict(Status.CRITICAL, "it said \x1b[2J" + "x" * 5000)
    assert verdict.text.isprintable()
    assert len(verdict.text) == MAX_TEXT
