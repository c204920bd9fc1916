"""docs/policy.md: every key of a policy, from the Structs that read it and the shipped file."""

import re
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from contract.units import Duration
from rules.given import policy
from rules.given.policy import SHIPPED, Policy

RETAIL = "retail"
_WIDEST = 400  # characters of a cell
_HEAD = """# The policy, key by key

What each rule does with these is in [semantics.md](semantics.md). Written by `python -m tools.pages` from the types
that read a policy and the shipped `rules/policies/retail.yaml`, whose values are in the last column. Durations are
written with their unit: `90s`, `15m`, `4h`, `2d`. A key without a default must be there; a wrong one is named with its
line by `tillwatch rules check FILE`.
"""
_UNITS: dict[Any, str] = {Duration: "duration", int: "number", float: "number", bool: "yes or no", str: "text"}


class Section(NamedTuple):
    """A Struct at its place. `values` are what the shipped policy has there: one, or by the names of a mapping."""

    path: str
    kind: type[msgspec.Struct]
    values: dict[str, Any]


def page() -> str:
    loaded = policy.typed(policy.load(RETAIL))
    comments = _comments((SHIPPED / f"{RETAIL}.yaml").read_text())
    return _HEAD + "".join(_section(one, comments) for one in _sections(Section("", Policy, {"": loaded})))


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for field in msgspec.structs.fields(section.kind):
        inner, wrapped = _struct_in(field.type)
        if inner is None:
            continue
        path = f"{section.path}.{field.encode_name}".removeprefix(".") + wrapped
        values = {
            f"{name}.{key}".strip("."): one
            for name, value in section.values.items()
            for key, one in _spread(getattr(value, field.name))
        }
        yield from _sections(Section(path, inner, values))


def _spread(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            yield from value.items()
        case list():
            yield from ((str(at), one) for at, one in enumerate(value))
        case None:
            return
        case _:
            yield "", value


def _struct_in(kind: Any) -> tuple[type[msgspec.Struct] | None, str]:
    """The Struct that a key holds, and how its path goes on: `[]` of a list, `.NAME` of a mapping."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, ""
    if origin in (list, dict):
        inner, rest = _struct_in(arguments[-1])
        return inner, ("[]" if origin is list else ".NAME") + rest
    if origin in (typing.Union, types.UnionType):
        return next((found for one in arguments if (found := _struct_in(one))[0] is not None), (None, ""))
    return None, ""


def _section(section: Section, comments: dict[str, str]) -> str:
    words = " ".join((section.kind.__doc__ or "").split())
    rows = "".join(_row(section, field, words, comments) for field in msgspec.structs.fields(section.kind))
    title = f"`{section.path}`" if section.path else "The whole file"
    intro = "" if section.kind.__doc__ is None or words.startswith(f"{section.kind.__name__}(") else f"{words}\n\n"
    return f"\n## {title}\n\n{intro}| key | type | default | about | retail |\n|---|---|---|---|---|\n{rows}"


def _row(section: Section, field: Any, words: str, comments: dict[str, str]) -> str:
    path = f"{section.path}.{field.encode_name}".removeprefix(".")
    about = [sentence for sentence in re.split(r"(?<=[.;:]) ", words) if f"`{field.encode_name}`" in sentence]
    about += [comments[path]] if path in comments else []
    values = {name: getattr(value, field.name) for name, value in section.values.items()}
    cells = [
        f"`{field.encode_name}`",
        _type(field.type),
        _default(field),
        " ".join(about),
        _shipped(values, field, nested=_struct_in(field.type)[0] is not None),
    ]
    return "| " + " | ".join(cell.replace("|", "¦") for cell in cells) + " |\n"


def _type(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    inner = [one for one in arguments if one is not types.NoneType]
    if kind in _UNITS:
        return _UNITS[kind]
    if origin is typing.Literal:
        return ", ".join(map(str, arguments))
    if origin is list:
        return f"list of: {_type(arguments[0])}"
    if origin is dict:
        return f"by name: {_type(arguments[1])}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_type, inner))
    if origin is typing.Annotated:
        return _type(arguments[0])
    return "section" if _struct_in(kind)[0] is not None else str(getattr(kind, "__name__", kind))


def _default(field: Any) -> str:
    if field.required:
        return "must be there"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return _value(value) or "none"


def _shipped(values: dict[str, Any], field: Any, *, nested: bool) -> str:
    """The value, or those of a mapping that are not the default; a section's are in its own table."""
    if not values:
        return "none"
    if nested:
        names = [key for value in values.values() for key, _ in _spread(value) if not key.isdigit() and key]
        return _short(", ".join(dict.fromkeys(names))) or "below"
    if list(values) == [""]:
        return _short(_value(values[""])) or "none"
    told = {name: value for name, value in values.items() if field.required or value != _plain_default(field)}
    return _short(", ".join(f"{name}: {_value(value)}" for name, value in told.items())) or "all by default"


def _plain_default(field: Any) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


def _value(value: Any) -> str:
    match value:
        case Duration():
            return _duration(value)
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(_value, value))
        case dict():
            return ", ".join(f"{key}: {_value(one)}" for key, one in value.items())
        case None:
            return "none"
        case msgspec.Struct():
            return "a section"
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else "see the file"


def _comments(text: str) -> dict[str, str]:
    """What the shipped file says beside a key: path → words."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        key = re.match(r"^( *)([\w-]+):", line)
        if key is None:
            continue
        path = [*((depth, name) for depth, name in path if depth < len(key[1])), (len(key[1]), key[2])]
        _, beside, comment = line.partition(" # ")
        if beside:
            found[".".join(name for _, name in path)] = comment.strip()
    return found
