"""Asks a web server: status code, text and JSON values in the body, and how long the answer took.

Every probe opens a connection of its own: one kept open would hide a server that no longer accepts new ones. A slow
answer is critical only where `critical` is set. Secrets belong into files named in `header_files`, read at every probe,
so that a rotated token needs no restart; they are never shown, and never sent to where a redirect leads.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from contract.status import Status
from contract.units import Duration, Size
from probes.findings import Finding, slower, verdict
from probes.http_client import Answer, Request, ask, checked_url
from probes.http_session import aclose
from probes.json_path import NoSuchPlace, find, steps
from probes.probe import Probe, Verdict
from probes.text import cleaned, cleaned_bytes
from probes.trouble import Trouble, silence

Scalar = str | int | float | bool | None
UNSET = msgspec.UNSET
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
MAX_BODY = 4 << 20  # every body of every concurrent probe is in memory at once


class Assertion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value in a JSON body. With neither `equals`, `min` nor `max` it only has to be there."""

    path: Annotated[str, Meta(description="where in the JSON body, as in `data.queue[0].depth`")]
    equals: Annotated[Scalar | msgspec.UnsetType, Meta(description="the value it must have")] = UNSET
    min: Annotated[float | None, Meta(description="the least it may be")] = None
    max: Annotated[float | None, Meta(description="the most it may be")] = None
    status: Annotated[Literal["warning", "critical"], Meta(description="what it is when it does not hold")] = "critical"

    def __post_init__(self) -> None:
        steps(self.path)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    method: Annotated[Literal["GET", "HEAD", "POST", "OPTIONS"], Meta(description="HTTP method")] = "GET"
    headers: Annotated[dict[str, str], Meta(description="headers to send")] = {}
    header_files: Annotated[dict[str, str], Meta(description="headers whose value is read from a file: secrets")] = {}
    body: Annotated[str, Meta(max_length=65_536, description="body to send")] = ""
    expect_status: Annotated[
        int | Annotated[list[int], Meta(min_length=1)] | None,
        Meta(description="the status code, or a list of them; unset: any from 200 to 299"),
    ] = None
    contains: Annotated[str, Meta(max_length=256, description="text that must occur in the body")] = ""
    asserts: Annotated[list[Assertion], Meta(description="values that the JSON body must have")] = []
    warning: Annotated[Duration | None, Meta(description="an answer slower than this is a warning")] = None
    critical: Annotated[Duration | None, Meta(description="an answer slower than this is critical")] = None
    redirects: Annotated[int, Meta(ge=0, le=10, description="how many redirects are followed")] = 0
    verify: Annotated[bool, Meta(description="whether the certificate must be valid for the host")] = True
    ca: Annotated[str, Meta(description="file with the certificates to trust instead of the system's")] = ""
    client_cert: Annotated[str, Meta(description="file with the certificate and key that this client shows")] = ""
    body_cap: Annotated[Size, Meta(description="how much of the body is read and judged")] = Size(65_536)

    def __post_init__(self) -> None:
        if not 0 < self.body_cap <= MAX_BODY:
            raise ValueError(f"found body_cap {self.body_cap} bytes, expected at most {MAX_BODY >> 20}MiB")
        if self.redirects and self.header_files:
            raise ValueError("header_files and redirects exclude each other: a secret must not go where others point")
        for name, value in [*self.headers.items(), *((name, "") for name in self.header_files)]:
            if not _HEADER_NAME.fullmatch(name) or any(ord(character) < 32 for character in value):
                raise ValueError(f"header {name!r} holds characters that no header may have")


class Observation(msgspec.Struct, frozen=True):
    """`answer_ms` until the body was read as far as body_cap; `cut`: there was more of it."""

    trouble: Trouble | None = None
    code: int = 0
    location: str = ""
    body: bytes = b""
    cut: bool = False
    answer_ms: float = 0.0


async def probe(target: str, settings: Settings) -> Observation:
    request = Request(
        url=target,
        method=settings.method,
        headers=settings.headers,
        header_files=settings.header_files,
        body=settings.body.encode(),
        redirects=settings.redirects,
        verify=settings.verify,
        ca=settings.ca,
        client_cert=settings.client_cert,
        body_cap=settings.body_cap,
    )
    answer = await ask(request)
    if isinstance(answer, Answer):
        return Observation(None, answer.code, answer.location, answer.body, answer.cut, answer.ms)
    return Observation(trouble=answer)


def silent(seconds: float) -> Observation:
    return Observation(trouble=silence(seconds))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> judge(Observation(code=503, answer_ms=12.5), Settings()).text
    'answered 503, expected 200 to 299'
    >>> depth = Settings(asserts=[Assertion("queue.depth", max=10, status="warning")])
    >>> judge(Observation(code=200, body=b'{"queue": {"depth": 17}}'), depth).text
    'queue.depth is 17, more than 10'
    """
    if observation.trouble is not None:
        return Verdict(observation.trouble.status, observation.trouble.text)
    values = {"answer_ms": round(observation.answer_ms, 3), "code": float(observation.code)}
    findings = _code(observation, settings.expect_status)
    if not findings:  # an error page has neither the text nor the values, and saying so would bury the code
        findings = [*_content(observation, settings.contains), *_values(observation, settings.asserts)]
    findings += slower("the answer took", observation.answer_ms, settings.warning, settings.critical)
    return verdict(findings, values)


def _code(observation: Observation, expected: int | list[int] | None) -> list[Finding]:
    accepted = range(200, 300) if expected is None else expected if isinstance(expected, list) else [expected]
    if observation.code in accepted:
        return []
    wanted = "200 to 299" if expected is None else " or ".join(str(code) for code in accepted)
    leading = f" (to {cleaned(observation.location, 120)})" if observation.location else ""
    return [Finding(Status.CRITICAL, f"answered {observation.code}{leading}, expected {wanted}")]


def _content(observation: Observation, wanted: str) -> list[Finding]:
    if wanted.encode() in observation.body:
        return []
    said = cleaned_bytes(observation.body, 80)
    return [Finding(Status.CRITICAL, f"the body does not contain {cleaned(wanted, 80)!r}; it begins {said!r}")]


def _values(observation: Observation, asserts: list[Assertion]) -> list[Finding]:
    if not asserts:
        return []
    if observation.cut:
        return [Finding(Status.UNKNOWN, "the body is larger than body_cap: its values cannot be read")]
    try:
        document = msgspec.json.decode(observation.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [Finding(Status.CRITICAL, f"the body is not JSON: {error}")]
    return [finding for assertion in asserts for finding in _value(document, assertion)]


def _value(document: Any, assertion: Assertion) -> list[Finding]:
    status = Status[assertion.status.upper()]
    try:
        found = find(document, assertion.path)
    except NoSuchPlace as missing:
        return [Finding(status, str(missing))]
    shown = f"{assertion.path} is {cleaned(msgspec.json.encode(found).decode(), 80)}"
    if assertion.equals is not UNSET and not _same(found, assertion.equals):
        return [Finding(status, f"{shown}, expected {msgspec.json.encode(assertion.equals).decode()}")]
    if assertion.min is None and assertion.max is None:
        return []
    if isinstance(found, bool) or not isinstance(found, int | float):
        return [Finding(status, f"{shown}, expected a number")]
    if assertion.min is not None and found < assertion.min:
        return [Finding(status, f"{shown}, less than {assertion.min:g}")]
    if assertion.max is not None and found > assertion.max:
        return [Finding(status, f"{shown}, more than {assertion.max:g}")]
    return []


def _same(found: Any, wanted: Scalar | msgspec.UnsetType) -> bool:
    """Python holds True and 1 for equal; JSON does not."""
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


PROBE = Probe(
    settings=Settings, target="URL", check=checked_url, probe=probe, silent=silent, judge=judge, aclose=aclose
)
