"""The settings of a kind as rows for people and programs: name, type in words, default, description."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from contract.units import Duration, Size

_WORDS: dict[type, str] = {
    inspect.BoolType: "true or false",
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.StrType: "text",
    inspect.NoneType: "null",
}


class Setting(msgspec.Struct, frozen=True):
    """A setting inside a list is named `asserts[].path`. `default` is as people write it; empty: unset, or required."""

    name: str
    type: str
    default: str
    description: str
    required: bool = False


def settings_of(kind: type[msgspec.Struct]) -> list[Setting]:
    """Every setting, those of nested mappings after the one that holds them."""
    return list(_rows(inspect.type_info(kind), ""))


def _rows(info: inspect.Type, prefix: str) -> Iterator[Setting]:
    if not isinstance(info, inspect.StructType):
        return
    for field in info.fields:
        described, description = _described(field.type)
        yield Setting(prefix + field.encode_name, words(described), _default(field), description, field.required)
        if isinstance(described, inspect.ListType):
            yield from _rows(described.item_type, f"{prefix}{field.encode_name}[].")


def words(info: inspect.Type) -> str:
    """A type as a person would say it.

    >>> words(inspect.type_info(list[int] | None))
    'list of whole number'
    """
    match info:
        case inspect.Metadata():
            return words(info.type)
        case inspect.UnionType():
            kinds = [one for one in info.types if not isinstance(one, inspect.NoneType)]
            return " or ".join(dict.fromkeys(words(one) for one in kinds))
        case inspect.LiteralType():
            return "one of " + ", ".join(str(value) for value in info.values)
        case inspect.ListType():
            return f"list of {words(info.item_type)}"
        case inspect.DictType():
            return f"mapping of {words(info.key_type)} to {words(info.value_type)}"
        case inspect.StructType():
            return "mapping"
        case inspect.CustomType(cls=cls):
            return {Duration: "duration", Size: "size"}[cls]
        case inspect.IntType() | inspect.FloatType():
            return _WORDS[type(info)] + _bounds(info)
        case _:
            return _WORDS[type(info)]


def _described(info: inspect.Type) -> tuple[inspect.Type, str]:
    if isinstance(info, inspect.Metadata):
        return info.type, str((info.extra_json_schema or {}).get("description", ""))
    return info, ""


def _bounds(info: inspect.IntType | inspect.FloatType) -> str:
    low = info.ge if info.ge is not None else info.gt
    if low is None:
        return ""
    opening = "above" if info.ge is None else "from"
    return f" {opening} {low:g}" + (f" to {info.le:g}" if info.le is not None else "")


def _default(field: inspect.Field) -> str:
    default: Any = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return "" if default is msgspec.NODEFAULT else written(default)


def written(value: Any) -> str:
    """A setting's value as a person writes it into a file; empty for one that is unset.

    >>> written(Duration(0.5)), written(["a"]), written(None)
    ('0.5s', '["a"]', '')
    """
    match value:
        case None | msgspec.UNSET:
            return ""
        case Duration():
            return f"{value:g}s"
        case Size():
            return f"{value}B" if value % 1024 else f"{value // 1024}KiB"
        case _:
            return msgspec.json.encode(value).decode()
