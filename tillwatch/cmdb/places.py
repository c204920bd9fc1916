"""Fills the places of a template: `https://{address}:8443/stores/{store}`. Pure."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{([a-z][a-zA-Z0-9_.-]*)\}")  # not `{8}` of a regular expression, nor `{"a": 1}` of JSON


class Unfilled(Exception):  # noqa: N818 - reads as what it is
    """A place that nothing fills; the text says which. `path` leads to the text that has it, `place` is its name,
    `is_known` whether there is such a place at all.
    """

    def __init__(self, path: str, place: str, known: Mapping[str, str]) -> None:
        self.path, self.place, self.is_known = path, place, place in known
        near = difflib.get_close_matches(place, known, n=1, cutoff=0.5)
        hint = f"did you mean {{{near[0]}}}?" if near else f"known here: {', '.join(f'{{{one}}}' for one in known)}"
        super().__init__(f"nothing is known for {{{place}}}" if self.is_known else f"found {{{place}}}; {hint}")


def filled(value: Any, known: Mapping[str, str], path: str = "") -> Any:
    """`value` with the places of every text in it filled, keys left as they are. Raises Unfilled."""
    match value:
        case str():
            return _PLACE.sub(lambda match: _of(match[1], known, path), value)
        case dict():
            return {key: filled(one, known, f"{path}.{key}".removeprefix(".")) for key, one in value.items()}
        case list():
            return [filled(one, known, f"{path}[{at}]") for at, one in enumerate(value)]
        case _:
            return value


def in_a_url(address: str) -> str:
    """An IPv6 address stands in brackets beside a port.

    >>> in_a_url("2001:db8::1"), in_a_url("10.0.42.11")
    ('[2001:db8::1]', '10.0.42.11')
    """
    return f"[{address}]" if ":" in address and not address.startswith("[") else address


def _of(place: str, known: Mapping[str, str], path: str) -> str:
    if not known.get(place):
        raise Unfilled(path, place, known)
    return known[place]
