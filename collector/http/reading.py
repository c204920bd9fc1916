"""Reads what a request brings into typed values, and says what is wrong with it in words."""

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from aiohttp import web

from collector.http.problems import Refused

MAX_BODY = 64 * 1024
T = TypeVar("T", bound=msgspec.Struct)


def query(request: web.Request, kind: type[T]) -> T:
    """The address's parameters. Lists are written `priority=P1,P2` or `priority=P1&priority=P2`."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {}
    errors: list[str] = []
    for name in dict.fromkeys(request.query):
        values = [value for value in request.query.getall(name) if value]
        if name not in fields:
            errors.append(_unknown(name, fields))
        elif _is_list(fields[name].type):
            given[name] = [part for value in values for part in value.split(",")]
        elif len(values) > 1:
            errors.append(f"{name}: given {len(values)} times")
        elif values:
            given[name] = values[0]
    errors += [f"{name}: missing" for name, field in fields.items() if field.required and name not in given]
    errors += [error for name, value in given.items() if (error := _mistake(name, value, fields[name].type))]
    if errors:
        raise Refused(400, "Bad parameters", "; ".join(errors), errors)
    return msgspec.convert(given, kind, strict=False)


async def body(request: web.Request, kind: type[T]) -> T:
    """The JSON body; an absent one counts as `{}`."""
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise Refused(415, "Not JSON", f"the body is {request.content_type}; send application/json")
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as error:
        text = str(error).replace("`", "")
        raise Refused(422, "Bad body", text, [text]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "Bad body", f"not JSON: {error}") from error


def _is_list(kind: Any) -> bool:
    """`tuple[X, ...]`, or that or None."""
    return any(get_origin(one) is tuple for one in (kind, *get_args(kind)))


def _unknown(name: str, fields: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, fields, n=1)
    known = f"did you mean {near[0]}?" if near else f"known here: {', '.join(fields) or 'none'}"
    return f"{name[:40]}: unknown; {known}"


def _mistake(name: str, value: Any, kind: Any) -> str | None:
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        allowed = _allowed(kind)
        return f"{name}: {f'takes {allowed}' if allowed else str(error).replace('`', '')}, found {_brief(value)}"
    return None


def _allowed(kind: Any) -> str:
    """The words of a Literal, wherever it stands in `kind`."""
    arguments = get_args(kind)
    if arguments and all(isinstance(argument, str) for argument in arguments):
        return ", ".join(arguments)
    return next((words for argument in arguments if (words := _allowed(argument))), "")


def _brief(value: Any) -> str:
    text = ",".join(value) if isinstance(value, list) else str(value)
    return repr(text[:60])
