"""Text that came from outside: bounded, printable, and without card numbers, before it is kept or shown."""

from contract.cardguard import scrubbed

LONGEST = 2_000


def one_line(text: str) -> str:
    """Control characters, line ends and direction marks become spaces: a device must not draw on a terminal."""
    short = text[:LONGEST]
    if not short.isprintable():
        short = "".join(character if character.isprintable() else " " for character in short)
    return scrubbed(short)


def lines(text: str) -> str:
    """As `one_line`, for what a person wrote in several lines."""
    return "\n".join(one_line(line) for line in text[:LONGEST].splitlines())
