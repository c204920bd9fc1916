"""How long ago something last happened: a synchronisation, an export, a price file.

The instant is when a file was modified, what a marker file says (`marker`), or a field of a JSON document (`field`) in
a file or behind a URL. A pattern in the last part of a path finds the newest of several files; `which: oldest` finds
what has waited longest in a folder that should be emptied, and an empty one is fine.

With `days` and `hours` nothing is expected outside them, and age counts from their beginning at the earliest: a night
without a synchronisation is no delay in the morning. A missing file is critical; an instant in the future is unknown,
because one of the clocks is wrong.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import PureWindowsPath
from types import ModuleType
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.status import Status
from contract.units import Duration
from probes import hours, newest
from probes.findings import Finding, above, verdict
from probes.instants import Written, instant
from probes.json_path import NoSuchPlace, find, steps
from probes.newest import Which
from probes.probe import Probe, Unusable, Verdict
from probes.text import cleaned, cleaned_bytes
from probes.trouble import Trouble, of_error, silence

MOST = 65_536  # bytes that are read
ALL_DAY = "00:00-24:00"
AHEAD = 300.0  # seconds that clocks may differ by

# Of its own, because a network drive that hangs keeps a thread for ever.
_looking = ThreadPoolExecutor(max_workers=2, thread_name_prefix="files")

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    warning: Annotated[Duration | None, Meta(description="older than this is a warning")] = None
    critical: Annotated[Duration | None, Meta(description="older than this is critical")] = Duration(3600)
    field: Annotated[str, Meta(description="where in a JSON document the instant is, as in `sync.last_success`")] = ""
    marker: Annotated[bool, Meta(description="whether the whole content is the instant; so it is behind a URL")] = False
    written: Annotated[Written, Meta(description="how the instant is written; `age` is seconds ago")] = "rfc3339"
    contains: Annotated[str, Meta(max_length=256, description="text that must occur in the content")] = ""
    which: Annotated[Which, Meta(description="which of the files that a pattern matches")] = "newest"
    days: Annotated[list[Day], Meta(description="days on which it is expected; empty: every day")] = []
    hours: Annotated[str, Meta(description="hours in which it is expected, as in `06:00-22:00`")] = ALL_DAY
    grace: Annotated[Duration, Meta(description="how long after their beginning age begins to count")] = Duration(0)
    timezone: Annotated[str, Meta(description="of days and hours, and of instants that do not say theirs")] = "UTC"
    header_files: Annotated[dict[str, str], Meta(description="headers whose value is read from a file: secrets")] = {}
    ca: Annotated[str, Meta(description="file with the certificates to trust instead of the system's")] = ""
    verify: Annotated[bool, Meta(description="whether the certificate must be valid for the host")] = True

    def __post_init__(self) -> None:
        hours.zone(self.timezone)
        hours.span(self.hours)
        if self.field:
            steps(self.field)
        if self.field and self.marker:
            raise ValueError("field and marker exclude each other: one says where the instant is")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is when it was looked at; `modified` is None behind a URL; `missing` names what is not there."""

    trouble: Trouble | None = None
    at: float = 0.0
    name: str = ""
    missing: bool = False
    modified: float | None = None
    body: bytes = b""
    cut: bool = False
    code: int = 200


def check(target: str) -> None:
    """Raises Unusable for anything but an absolute path or an http or https URL."""
    if "://" in target:
        _http().checked_url(target)
    elif not target.isprintable() or not (target.startswith("/") or PureWindowsPath(target).is_absolute()):
        raise Unusable(f"target {target[:80]!r}: expected an absolute path or a URL")


async def probe(target: str, settings: Settings) -> Observation:
    check(target)
    if "://" in target:
        return await _asked(target, settings)
    most = MOST if settings.field or settings.marker or settings.contains else 0
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_looking, newest.found, target, settings.which, most)
    except OSError as error:
        return Observation(trouble=of_error(error))
    if found is None:
        return Observation(at=time.time(), name=target, missing=True)
    return Observation(at=time.time(), name=found.path, modified=found.modified, body=found.body, cut=found.cut)


def silent(seconds: float) -> Observation:
    return Observation(trouble=silence(seconds))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> judge(Observation(at=5000, name="/sync/done", modified=200), Settings()).text
    'its age is 80 min, more than 60 min'
    >>> sync = Settings(field="last", written="seconds")
    >>> judge(Observation(at=5000, name="a", body=b'{"last": 4000}'), sync)
    Verdict(status=<Status.OK: 0>, text='', values={'age_s': 1000.0})
    """
    if observation.trouble is not None:
        return Verdict(observation.trouble.status, observation.trouble.text)
    if not 200 <= observation.code < 300:
        return Verdict(Status.CRITICAL, f"answered {observation.code}, expected 200 to 299")
    if observation.missing:
        return _nothing(observation, settings)
    if settings.contains.encode() not in observation.body:
        said = cleaned_bytes(observation.body, 80)
        return Verdict(Status.CRITICAL, f"it does not contain {cleaned(settings.contains, 80)!r}; it begins {said!r}")
    happened = _happened(observation, settings)
    if isinstance(happened, Finding):
        return verdict([happened], {})
    age = observation.at - happened
    if age < -AHEAD:
        return Verdict(Status.UNKNOWN, f"it is dated {-age / 60:.0f} min in the future: a clock is wrong")
    values = {"age_s": round(max(age, 0.0), 1)}
    began = _expected_since(observation.at, settings)
    if began is None:
        return Verdict(Status.OK, f"not expected now, but {' '.join(settings.days)} {settings.hours}", values)
    return verdict(_aged(min(age, observation.at - began - settings.grace), settings), values)


def _expected_since(at: float, settings: Settings) -> float | None:
    if settings.hours == ALL_DAY and not settings.days:
        return 0.0  # or every midnight would be a beginning
    return hours.opened(at, settings.hours, settings.days or hours.DAYS, settings.timezone)


def _nothing(observation: Observation, settings: Settings) -> Verdict:
    if settings.which == "oldest":
        return Verdict(Status.OK, "", {"age_s": 0.0})
    return Verdict(Status.CRITICAL, f"there is no {cleaned(observation.name, 200)}")


def _aged(age: float, settings: Settings) -> list[Finding]:
    """In minutes: seconds of a day are too many to read."""
    limits = [None if limit is None else limit / 60 for limit in (settings.warning, settings.critical)]
    return above("its age is", age / 60, "min", *limits)


def _happened(observation: Observation, settings: Settings) -> float | Finding:
    """When it last happened, in seconds since 1970, or why that cannot be told."""
    if observation.modified is not None and not settings.field and not settings.marker:
        return observation.modified
    if observation.cut:
        return Finding(Status.UNKNOWN, f"it is longer than {MOST >> 10} KiB: the instant cannot be read")
    try:
        content = observation.body.decode()
        found = find(msgspec.json.decode(content), settings.field) if settings.field else content
        return instant(found, settings.written, settings.timezone, observation.at)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Finding(Status.CRITICAL, f"it cannot be read: {error}")
    except (NoSuchPlace, ValueError) as error:
        return Finding(Status.CRITICAL, str(error))


async def _asked(target: str, settings: Settings) -> Observation:
    http = _http()
    request = http.Request(
        url=target, header_files=settings.header_files, ca=settings.ca, verify=settings.verify, body_cap=MOST
    )
    answer = await http.ask(request)
    if isinstance(answer, Trouble):
        return Observation(trouble=answer)
    return Observation(at=time.time(), name=target, body=answer.body, cut=answer.cut, code=answer.code)


def _http() -> ModuleType:
    """Loaded for URLs only: an agent that looks at files needs no aiohttp."""
    try:
        from probes import http_client  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise Unusable(f"a URL needs the library {error.name!r}: install it with tillwatch[http]") from error
    return http_client


async def aclose() -> None:
    session = sys.modules.get("probes.http_session")
    if session is not None:
        await session.aclose()


PROBE = Probe(
    settings=Settings,
    target="absolute path, or URL",
    check=check,
    probe=probe,
    silent=silent,
    judge=judge,
    aclose=aclose,
)
