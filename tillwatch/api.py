"""The collector's HTTP interface, as the client commands use it: JSON over urllib, and every failure is one line."""

import argparse
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from tillwatch.failure import CommandFailed
from tillwatch.table import plain

DEFAULT_URL = "http://127.0.0.1:8420"
JSON = "the API's JSON as it is"
TIMEOUT = 30.0
MAX_ANSWER = 64 * 1024 * 1024
MAX_LINE = 1024 * 1024
USAGE_STATUSES = {400, 401, 403, 405, 421, 422}


class Api(NamedTuple):
    url: str
    token: str = ""


class Event(NamedTuple):
    """One Server-Sent Event: its id (a journal position), its name and its data as plain values."""

    id: str
    name: str
    data: Any


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(url=DEFAULT_URL, token_file=None, json=False)
    addresses(parser)


def addresses(parser: argparse.ArgumentParser) -> None:
    """The options without their defaults, so that they may stand before or after a subcommand."""
    parser.add_argument("--url", default=argparse.SUPPRESS, help=f"the collector's address (default {DEFAULT_URL})")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="file that holds a bearer token"
    )


def action(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    """One of a command's actions, with the collector's address and `--json` among its options.

    None has a default here, so that what stands before the action is kept.
    """
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    addresses(parser)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=JSON)
    parser.set_defaults(action=run)
    return parser


def from_options(options: argparse.Namespace) -> Api:
    parts = urllib.parse.urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandFailed(f"--url: found {options.url!r}, expected an address such as {DEFAULT_URL}", 2)
    return Api(options.url.rstrip("/"), _token(options.token_file) if options.token_file else "")


def get(api: Api, path: str, **query: str | None) -> Any:
    """The answer to GET /api/v1/`path`. Raises CommandFailed with the problem's own words."""
    asked = urllib.parse.urlencode({key: value for key, value in query.items() if value})
    return _answer(_request(api, f"{path}?{asked}" if asked else path))


def post(api: Api, path: str, body: dict[str, Any]) -> Any:
    return _answer(_request(api, path, json.dumps(body).encode()))


def events(api: Api) -> Iterator[Event]:
    """What /api/v1/events says, until the server ends it. No time-out between events: heartbeats keep the line."""
    request = _request(api, "events")
    request.add_header("Accept", "text/event-stream")
    with _opened(request, timeout=120.0) as answer:
        yield from parsed_events(answer)


def parsed_events(lines: IO[bytes]) -> Iterator[Event]:
    """Events of a text/event-stream (WHATWG HTML, 9.2.6). Data that is not JSON is kept as text."""
    fields: dict[str, str] = {}
    while line := lines.readline(MAX_LINE):
        text = line.decode(errors="replace").rstrip("\r\n")
        name, _, value = text.partition(":")
        if text == "" and fields.get("data"):
            yield Event(fields.get("id", ""), fields.get("event", "message"), _json_or_text(fields["data"]))
            fields = {}
        elif name == "data":
            fields["data"] = "\n".join(filter(None, [fields.get("data"), value.removeprefix(" ")]))
        elif name:
            fields[name] = value.removeprefix(" ")


def _request(api: Api, path: str, body: bytes | None = None) -> urllib.request.Request:
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if api.token:
        headers["Authorization"] = f"Bearer {api.token}"
    return urllib.request.Request(f"{api.url}/api/v1/{path}", body, headers)  # noqa: S310 - http(s) only, checked


def _answer(request: urllib.request.Request) -> Any:
    with _opened(request, TIMEOUT) as answer:
        try:
            body = answer.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise CommandFailed(f"the collector's answer stopped: {error}") from error
    if len(body) > MAX_ANSWER:
        raise CommandFailed(f"the collector's answer is larger than {MAX_ANSWER >> 20} MiB")
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise CommandFailed(f"{request.host} did not answer in JSON; is it a Tillwatch collector?") from error


def _opened(request: urllib.request.Request, timeout: float) -> Any:
    try:
        return _opener(request).open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            raise CommandFailed(_problem(error), 2 if error.code in USAGE_STATUSES else 1) from error
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise CommandFailed(f"no collector at {request.host}: {getattr(reason, 'strerror', None) or reason}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would hand the bearer token to wherever it is sent."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(request: urllib.request.Request) -> urllib.request.OpenerDirector:
    loopback = urllib.parse.urlsplit(request.full_url).hostname in ("127.0.0.1", "::1", "localhost")
    proxies = urllib.request.ProxyHandler({} if loopback else None)
    return urllib.request.build_opener(_NoRedirect, proxies)


def _problem(error: urllib.error.HTTPError) -> str:
    """RFC 9457 problem details in one line; for anything else, the status."""
    try:
        body = json.loads(error.read(64 * 1024))
        parts = [body.get("title") or error.reason, body.get("detail"), *(body.get("errors") or [])]
    except (ValueError, OSError, AttributeError):
        parts = [error.reason]
    return plain(": ".join(str(part) for part in parts if part), 500)


def _token(path: Path) -> str:
    token = path.read_text().strip()
    if not token or not token.isascii() or not token.isprintable():
        raise CommandFailed(f"--token-file: {path} does not hold one printable token", 2)
    return token


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
