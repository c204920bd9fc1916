"""Text from a device is hostile: it may hold terminal codes, direction overrides, a card number, or a book."""

from contract.cardguard import scrubbed
from contract.results import MAX_TEXT


def cleaned(text: str, most: int = MAX_TEXT) -> str:
    """One line of at most `most` printable characters without card numbers; what is cut ends in `…`.

    >>> cleaned("paper\\r\\n\\x1b[31mout")
    'paper [31mout'
    """
    if len(text) > 4 * most:
        # Half a card number would not be recognised as one.
        text = text[: 4 * most].rstrip("0123456789 -")
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
        text = " ".join(text.split())
    text = scrubbed(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def cleaned_bytes(body: bytes, most: int = MAX_TEXT) -> str:
    """The same for bytes of any or no encoding."""
    return cleaned(body[: 16 * most].decode(errors="replace"), most)
