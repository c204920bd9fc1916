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
DEEPEST = 50  # levels of nesting
MOST_EXPANDED = 10  # values for each character
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
    reading = _Reading(_Loader(""), {}, [], most=max(10_000, MOST_EXPANDED * len(text)))
    try:
        _refuse_deep(text)
        root = yaml.compose(text, Loader=_Loader)
        data = None if root is None else _plain(reading, root, "")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DocumentError(name, [Mistake(line, "", f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(name, [Mistake(0, "", f"not YAML: {error}")]) from error
    if reading.mistakes:
        raise DocumentError(name, reading.mistakes)
    return Loaded({} if data is None else data, reading.lines)


def _refuse_deep(text: str) -> None:
    """Raises ValueError. The YAML library composes by recursion in C, where depth ends the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST} levels")


class _Reading(NamedTuple):
    """`most` is how many values there may be: aliases of aliases make a few lines into billions."""

    loader: yaml.SafeLoader
    lines: dict[str, int]
    mistakes: list[Mistake]
    most: int


class Loaded(NamedTuple):
    data: Any
    lines: dict[str, int]


def convert(loaded: Loaded, kind: type[T], name: str) -> T:
    """Typed from plain. Raises DocumentError with every mistake."""
    mistakes = [Mistake(line_of(loaded.lines, path), path, text) for path, text in _mistakes(loaded.data, kind, "")]
    if not mistakes:
        try:
            return msgspec.convert(loaded.data, kind, dec_hook=from_document)
        except msgspec.ValidationError as error:
            path, text = _of_validation(error, "")
            mistakes = [Mistake(line_of(loaded.lines, path), path, text)]
    raise DocumentError(name, mistakes)


def _plain(reading: _Reading, node: yaml.Node, path: str) -> Any:
    reading.lines[path] = node.start_mark.line + 1
    if len(reading.lines) > reading.most or path.count(".") > DEEPEST or path.count("[") > DEEPEST:
        raise ValueError("its aliases make it too large")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(reading, item, f"{path}[{at}]") for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(reading, node, path)
    try:
        return reading.loader.construct_object(node, deep=True)
    except ValueError as error:  # it looks like a date, and is none
        reading.mistakes.append(Mistake(node.start_mark.line + 1, path, f"found {node.value}: {error}"))
        return None


def _mapping(reading: _Reading, node: yaml.MappingNode, path: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        line, where = key_node.start_mark.line + 1, _join(path, str(key))
        if key is None:
            reading.mistakes.append(Mistake(line, path, "a key must be plain text"))
        elif key in out:
            reading.mistakes.append(Mistake(line, where, f"written twice, first in line {reading.lines[where]}"))
        else:
            out[key] = _plain(reading, value_node, where)
            reading.lines[where] = line
    return out


def _mistakes(found: Any, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    kind = _without_none(kind, found)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated and typing.get_origin(arguments[0]) in (list, dict):
        # Each value's own mistake says more; only without any is it the whole that is wrong: too long, say.
        within = list(_mistakes(found, arguments[0], path))
        yield from within or _value_mistakes(found, kind, path)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag is None:
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
        if typing.get_origin(kind) is typing.Literal:
            text = _one_of(found, typing.get_args(kind))
        elif text.startswith("expected str, got ") and not isinstance(found, list | dict):
            text += "; put it in quotes"
        known = text.startswith("found ") or where != path  # deeper than `found`: the text says it all
        yield where, text if known else f"found {_shown(found)}, {text}"


def _one_of(found: Any, words: tuple[Any, ...]) -> str:
    """More than half must agree: of P1, P2 and P3 none is likelier to be meant than another."""
    near = difflib.get_close_matches(str(found), [str(word) for word in words], n=1, cutoff=0.6)
    return f"expected one of {_some(map(str, words))}" + (f"; did you mean {near[0]!r}?" if near else "")


def _of_validation(error: msgspec.ValidationError, path: str) -> tuple[str, str]:
    text, _, inner = str(error).partition(" - at `")
    inner = inner.removesuffix("`").removeprefix("$").removeprefix("key in ")
    text = text[:1].lower() + text[1:] if text.startswith("Expected") else text
    return (path + inner).removeprefix("."), text.replace("`", "")


def _without_none(kind: Any, found: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType) and found is not None:
        rest = [one for one in typing.get_args(kind) if one is not types.NoneType]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def line_of(lines: dict[str, int], path: str) -> int:
    """Where `path` stands, or what it is in; 0 when nothing of it does."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 0)


def _shown(found: Any) -> str:
    text = repr(found)
    if len(text) <= 60:
        return text
    if isinstance(found, list | dict):
        return f"a {'list' if isinstance(found, list) else 'mapping'} of {len(found)}"
    return f"{text[:57]}..."


def _some(names: Any) -> str:
    return ", ".join(list(names)[:12])


def _line(name: str, mistake: Mistake) -> str:
    where = f"{name}:{mistake.line}" if mistake.line else name
    return f"{where}: {mistake.path}: {mistake.text}" if mistake.path else f"{where}: {mistake.text}"
