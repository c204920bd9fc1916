"""Reads a YAML document that a person wrote into a typed Struct, and says exactly what is wrong with it.

Every mistake is reported at once, each with its line, its path, what was found, what was expected and, for an unknown
key, the nearest known one. A key written twice is a mistake too: YAML would silently take the last.
"""

import difflib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import yaml

from contract.units import from_document

MAX_DOCUMENT = 64 * 1024 * 1024
T = TypeVar("T")

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mistake(NamedTuple):
    """One thing wrong. `line` counts from 1; 0 when the document as a whole is meant."""

    line: int
    path: str
    text: str


class DocumentError(Exception):
    """A document with mistakes. Its text is what a person gets: one line a mistake, with the file's name."""

    def __init__(self, name: str, mistakes: list[Mistake]) -> None:
        self.name = name
        self.mistakes = mistakes
        super().__init__("\n".join(_line(name, mistake) for mistake in mistakes))


def read(path: Path, kind: type[T]) -> T:
    """The document at `path` as a `kind`. Raises DocumentError; an unreadable file is a mistake like any other."""
    return parse(text_of(path), kind, str(path))


def text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_DOCUMENT + 1)
        if len(body) > MAX_DOCUMENT:
            raise DocumentError(str(path), [Mistake(0, "", f"larger than {MAX_DOCUMENT >> 20} MiB")])
        return body.decode()
    except OSError as error:
        raise DocumentError(str(path), [Mistake(0, "", error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        raise DocumentError(str(path), [Mistake(0, "", f"not UTF-8 text: {error.reason}")]) from error


def parse(text: str, kind: type[T], name: str) -> T:
    """`text` as a `kind`; `name` is what messages call it."""
    return convert(load(text, name), kind, name)


def load(text: str, name: str) -> "Loaded":
    """The plain data of `text` and where each path stands. Raises DocumentError for what is not YAML."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        loader = _Loader("")
        lines: dict[str, int] = {}
        mistakes: list[Mistake] = []
        data = None if root is None else _plain(loader, root, "", lines, mistakes)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DocumentError(name, [Mistake(line, "", f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(name, [Mistake(0, "", f"not YAML: {error}")]) from error
    if mistakes:
        raise DocumentError(name, mistakes)
    return Loaded({} if data is None else data, lines)


class Loaded(NamedTuple):
    data: Any
    lines: dict[str, int]


def convert(loaded: Loaded, kind: type[T], name: str) -> T:
    """Typed from plain. Raises DocumentError with every mistake."""
    mistakes = [Mistake(_line_of(loaded.lines, path), path, text) for path, text in _mistakes(loaded.data, kind, "")]
    if not mistakes:
        try:
            return msgspec.convert(loaded.data, kind, dec_hook=from_document)
        except msgspec.ValidationError as error:
            path, text = _of_validation(error, "")
            mistakes = [Mistake(_line_of(loaded.lines, path), path, text)]
    raise DocumentError(name, mistakes)


def _plain(loader: yaml.SafeLoader, node: yaml.Node, path: str, lines: dict[str, int], bad: list[Mistake]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, f"{path}[{at}]", lines, bad) for at, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node, deep=True)
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        where = _join(path, str(key))
        if key is None:
            bad.append(Mistake(key_node.start_mark.line + 1, path, "a key must be plain text"))
        elif key in out:
            bad.append(Mistake(key_node.start_mark.line + 1, where, f"written twice, first in line {lines[where]}"))
        else:
            out[key] = _plain(loader, value_node, where, lines, bad)
            lines[where] = key_node.start_mark.line + 1
    return out


def _mistakes(found: Any, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    kind = _without_none(_bare(kind), found)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag is None:
        yield from _struct_mistakes(found, kind, path)
    elif origin in (list, tuple) and isinstance(found, list) and arguments:
        for at, item in enumerate(found):
            yield from _mistakes(item, arguments[0], f"{path}[{at}]")
    elif origin is dict and isinstance(found, dict):
        for key, value in found.items():
            yield from _value_mistakes(key, arguments[0], _join(path, key))
            yield from _mistakes(value, arguments[1], _join(path, key))
    else:
        yield from _value_mistakes(found, kind, path)


def _struct_mistakes(found: Any, kind: type[msgspec.Struct], path: str) -> Iterator[tuple[str, str]]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    if not isinstance(found, dict):
        yield path, f"found {_shown(found)}, expected a mapping with {_some(fields)}"
        return
    for key in found:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {_some(fields)}"
            yield _join(path, key), f"unknown key; {hint}"
    for key, field in fields.items():
        if key in found:
            yield from _mistakes(found[key], field.type, _join(path, key))
        elif field.required:
            yield _join(path, key), "missing"


def _value_mistakes(found: Any, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    try:
        msgspec.convert(found, kind, dec_hook=from_document)
    except msgspec.ValidationError as error:
        where, text = _of_validation(error, path)
        yield where, text if text.startswith("found ") else f"found {_shown(found)}, {text}"


def _of_validation(error: msgspec.ValidationError, path: str) -> tuple[str, str]:
    text, _, inner = str(error).partition(" - at `")
    inner = inner.removesuffix("`").removeprefix("$").removeprefix("key in ")
    text = text[:1].lower() + text[1:] if text.startswith("Expected") else text
    return (path + inner).removeprefix("."), text.replace("`", "")


def _bare(kind: Any) -> Any:
    """`Annotated[list[X], …]` of structured values is walked; of plain ones the annotation is what is checked."""
    if typing.get_origin(kind) is typing.Annotated and typing.get_origin(typing.get_args(kind)[0]) in (list, dict):
        return typing.get_args(kind)[0]
    return kind


def _without_none(kind: Any, found: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType) and found is not None:
        rest = [one for one in typing.get_args(kind) if one is not types.NoneType]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _line_of(lines: dict[str, int], path: str) -> int:
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 0)


def _shown(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _some(names: Any) -> str:
    return ", ".join(list(names)[:12])


def _line(name: str, mistake: Mistake) -> str:
    where = f"{name}:{mistake.line}" if mistake.line else name
    return f"{where}: {mistake.path}: {mistake.text}" if mistake.path else f"{where}: {mistake.text}"
