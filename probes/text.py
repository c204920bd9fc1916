"""Text from a device is hostile: it may hold terminal codes, direction overrides, or a book."""

from contract.results import MAX_TEXT


def cleaned(text: str, most: int = MAX_TEXT) -> str:
    """One line of at most `most` printable characters; what cannot be printed is a space, what is cut ends in `…`.

    >>> cleaned("paper\\r\\n\\x1b[31mout")
    'paper [31mout'
    """
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text[: 4 * most])
        text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def cleaned_bytes(body: bytes, most: int = MAX_TEXT) -> str:
    """The same for bytes of any or no encoding."""
    return cleaned(body[: 4 * most].decode(errors="replace"), most)
