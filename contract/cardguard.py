"""Keeps card numbers out of everything we store or send: digit runs that could be a card number are masked.

A run of 13 to 19 digits, with single spaces or dashes between them, that passes the Luhn check (ISO/IEC 7812-1,
annex B) is replaced. One in ten other runs of that length is masked too; a text for people loses little by it.
"""

import re

MASK = "[card number removed]"
_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def scrubbed(text: str) -> str:
    return _RUN.sub(lambda run: MASK if _luhn(run[0]) else run[0], text)


def _luhn(run: str) -> bool:
    digits = [int(character) for character in reversed(run) if character.isdigit()]
    doubled = (2 * digit for digit in digits[1::2])
    return (sum(digits[0::2]) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0
