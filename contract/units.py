"""Durations, sizes and rates as people write them in our files: `15s`, `72h`, `256MiB`, `5/s`."""

import re
from typing import Any

_DURATION = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SIZE = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_RATE = {"/s": 1.0, "/m": 1 / 60, "/h": 1 / 3600}
_NUMBER_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(/?[A-Za-z]*)\s*\Z", re.ASCII)


class Duration(float):
    """Seconds. Written with a unit, because a bare number is a guess."""


class Rate(float):
    """So many a second. Written with a unit."""


class Size(int):
    """Bytes. Written with a unit."""


def duration(text: str) -> Duration:
    return Duration(_scaled(text, _DURATION, "a duration such as 15s, 10m or 72h"))


def size(text: str) -> Size:
    return Size(_scaled(text, _SIZE, "a size such as 64KiB or 256MiB"))


def rate(text: str) -> Rate:
    return Rate(_scaled(text, _RATE, "a rate such as 5/s or 300/m"))


def from_document(kind: type, found: Any) -> Any:
    """msgspec's `dec_hook` for the types above. Raises ValueError, which becomes the mistake's text."""
    if kind is Duration:
        return duration(_as_text(found, "a duration such as 15s, 10m or 72h"))
    if kind is Size:
        return size(_as_text(found, "a size such as 64KiB or 256MiB"))
    if kind is Rate:
        return rate(_as_text(found, "a rate such as 5/s or 300/m"))
    raise NotImplementedError(f"no reader for {kind}")


def _as_text(found: Any, expected: str) -> str:
    if not isinstance(found, str):
        raise ValueError(f"found {found!r}, expected {expected}")
    return found


def _scaled(text: str, units: dict[str, Any], expected: str) -> float:
    match = _NUMBER_UNIT.match(text)
    if match is None or match[2] not in units:
        raise ValueError(f"found {text!r}, expected {expected}")
    return float(match[1]) * float(units[match[2]])
