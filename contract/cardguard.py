"""Keeps card numbers out of everything we store or send: digits that could be a card number are masked.

A card number is 13 to 19 digits, in groups with single spaces or dashes between them, that pass the Luhn check (ISO/IEC
7812-1, annex B). It may stand between other groups (`4111 1111 1111 1111 12`), so every row of whole groups is looked
at. A single group of 20 digits or more may hide one anywhere (a dumped ISO 8583 message does) and is masked whole. One
in ten other rows of that length is masked too; a text for people loses little by it.
"""

import re

MASK = "[card number removed]"
_GROUPS = re.compile(r"\d+(?:[ -]\d+)*")
_SHORTEST, _LONGEST = 13, 19


def scrubbed(text: str) -> str:
    return _GROUPS.sub(lambda found: _masked(found[0]), text)


def _masked(found: str) -> str:
    if len(found) < _SHORTEST:
        return found
    parts = re.split("([ -])", found)  # groups at even places, what separates them at odd ones
    out: list[str] = []
    at = 0
    while at < len(parts):
        end = _end_of_number(parts, at)
        out.append(MASK if end else parts[at])
        at = end or at + 1
    return "".join(out)


def _end_of_number(parts: list[str], start: int) -> int:
    """Where the longest number that begins with the group at `start` ends, or 0. A separator begins none."""
    digits, end = "", 0
    for at in range(start, len(parts), 2) if start % 2 == 0 else ():
        digits += parts[at]
        if len(digits) > _LONGEST:
            return at + 1 if at == start else end
        if len(digits) >= _SHORTEST and _luhn(digits):
            end = at + 1
    return end


def _luhn(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    doubled = (2 * value for value in values[1::2])
    return (sum(values[0::2]) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0
