"""agent.yaml: what a person writes, and what is in force once defaults are filled and every kind has read its settings.

Every mistake is found at once, with its line and its path; see docs/agent.md for the settings.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec

from contract import broker, credentials
from contract.documents import DocumentError, Mistake, convert, load, text_of
from contract.ids import ID_PATTERN, check_key
from contract.reports import MAX_CHECKS
from contract.units import Duration, Size
from edge_agent.judge import Patience
from probes import registry
from probes.probe import AnyProbe, Unusable
from probes.settings import read as read_settings

Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
Times = Annotated[int, msgspec.Meta(ge=1, le=100)]

LEAST_LOG = 4 * 2**20  # bytes: the beliefs of as many checks as there may be take up to one of them


class LogSettings(msgspec.Struct, frozen=True):
    """Where records wait for the collector, for how long, and how much room they may take."""

    path: str = "/var/lib/tillwatch/agent.db"
    keep: Duration = Duration(72 * 3600)
    max_size: Size = Size(256 * 2**20)


class Defaults(msgspec.Struct, frozen=True):
    """What a check that does not say otherwise does."""

    interval: Duration = Duration(15)
    timeout: Duration = Duration(3)
    confirm: Times = 2
    recover: Times = 1
    retry: Duration = Duration(2)
    pulse: Duration = Duration(15)


class CheckSettings(msgspec.Struct, frozen=True):
    """A question to a device, for a configuration item."""

    ci: Id
    probe: str
    target: str = ""
    name: Id | None = None
    interval: Duration | None = None
    timeout: Duration | None = None
    confirm: Times | None = None
    recover: Times | None = None
    settings: dict[str, Any] = {}


class AgentDocument(msgspec.Struct, frozen=True):
    """agent.yaml as it is written."""

    store: Id
    agent: Id
    broker: broker.Broker
    checks: Annotated[list[CheckSettings], msgspec.Meta(max_length=MAX_CHECKS)]
    log: LogSettings = LogSettings()
    defaults: Defaults = Defaults()
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 32


class Check(NamedTuple):
    """A check in force. `timeout` in seconds."""

    key: str
    kind: str
    target: str
    probe: AnyProbe
    settings: msgspec.Struct
    timeout: float
    patience: Patience


class Config(NamedTuple):
    """What an agent runs by. `fingerprint` changes with anything that it does."""

    document: AgentDocument
    checks: tuple[Check, ...]
    fingerprint: str


def read(path: Path) -> Config:
    """The configuration in the file at `path`. Raises DocumentError with every mistake."""
    return parse(text_of(path), str(path))


def parse(text: str, name: str) -> Config:
    """`text` as a configuration; `name` is what messages call it."""
    loaded = load(text, name)
    return in_force(convert(loaded, AgentDocument, name), loaded.lines, name)


def in_force(document: AgentDocument, lines: dict[str, int], name: str = "agent.yaml") -> Config:
    """Defaults filled, kinds loaded. `lines` says where paths stand, for messages. Raises DocumentError."""
    mistakes = [Mistake(_line_of(lines, path), path, text) for path, text in _mistakes(document)]
    if mistakes:
        raise DocumentError(name, mistakes)
    checks = tuple(_check(check, document.defaults) for check in document.checks)
    return Config(document, checks, fingerprint(document))


def fingerprint(document: AgentDocument) -> str:
    """16 hex digits: equal for equal documents, however they are laid out.

    Defaults are left out, so that a release with a new setting does not make every agent look as if it had drifted.
    """
    body = msgspec.json.encode(_said(document), enc_hook=plain, order="sorted")
    return hashlib.sha256(body).hexdigest()[:16]


def _said(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            return {
                field.encode_name: _said(getattr(value, field.name))
                for field in msgspec.structs.fields(value)
                if getattr(value, field.name) != _default(field)
            }
        case list():
            return [_said(one) for one in value]
        case _:
            return value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def plain(value: Any) -> Any:
    """msgspec's `enc_hook` for durations and sizes."""
    if isinstance(value, Duration):
        return float(value)
    if isinstance(value, Size):
        return int(value)
    raise NotImplementedError(f"no plain form of {type(value)}")


def unreadable(document: AgentDocument) -> Iterator[tuple[str, str]]:
    """(path, text) of each file the broker settings name that cannot be read here and now."""
    for field in broker.FILES:
        named = getattr(document.broker, field)
        if not named:
            continue
        try:
            with Path(credentials.located(named)).open("rb"):
                pass
        except FileNotFoundError:
            yield f"broker.{field}", f"cannot be read: {credentials.why_missing(credentials.located(named))}"
        except OSError as error:
            yield f"broker.{field}", f"{named} cannot be read: {error.strerror}"


def _check(check: CheckSettings, defaults: Defaults) -> Check:
    return Check(
        key=check_key(check.ci, name_of(check)),
        kind=check.probe,
        target=check.target,
        probe=registry.load(check.probe),
        settings=read_settings(check.probe, check.settings),
        timeout=float(check.timeout or defaults.timeout),
        patience=Patience(
            interval=float(check.interval or defaults.interval),
            confirm=check.confirm or defaults.confirm,
            recover=check.recover or defaults.recover,
            retry=float(defaults.retry),
        ),
    )


def name_of(check: CheckSettings) -> str:
    """A check without a name is called as its kind."""
    return check.name or check.probe.replace("_", "-")


def _mistakes(document: AgentDocument) -> Iterator[tuple[str, str]]:
    yield from broker.mistakes(document.broker)
    yield from _duration_mistakes("log.keep", document.log.keep, least=60)
    if document.log.max_size < LEAST_LOG:
        yield "log.max_size", f"found {document.log.max_size} bytes, expected at least {LEAST_LOG >> 20}MiB"
    yield from _duration_mistakes("defaults.pulse", document.defaults.pulse, least=0.1, most=3600)
    yield from _duration_mistakes("defaults.retry", document.defaults.retry, least=0.05)
    yield from _timing_mistakes("defaults", document.defaults.interval, document.defaults.timeout)
    first_use: dict[str, int] = {}
    for at, check in enumerate(document.checks):
        yield from _check_mistakes(f"checks[{at}]", check, document.defaults)
        key = check_key(check.ci, name_of(check))
        first = first_use.setdefault(key, at)
        if first != at:
            yield f"checks[{at}]", f"{key} is checks[{first}] already; give this one a `name` of its own"


def _check_mistakes(path: str, check: CheckSettings, defaults: Defaults) -> Iterator[tuple[str, str]]:
    if check.interval is not None or check.timeout is not None:
        yield from _timing_mistakes(path, check.interval or defaults.interval, check.timeout or defaults.timeout)
    try:
        probe = registry.load(check.probe)
    except (registry.UnknownKind, registry.KindNotInstalled) as error:
        yield f"{path}.probe", str(error)
        return
    try:
        probe.check(check.target)
    except Unusable as error:
        yield f"{path}.target", str(error)
    try:
        read_settings(check.probe, check.settings)
    except DocumentError as error:
        for mistake in error.mistakes:
            yield f"{path}.settings.{mistake.path}" if mistake.path else f"{path}.settings", mistake.text


def _timing_mistakes(path: str, interval: float, timeout: float) -> Iterator[tuple[str, str]]:
    yield from _duration_mistakes(f"{path}.interval", interval, least=0.1, most=86_400)
    yield from _duration_mistakes(f"{path}.timeout", timeout, least=0.05)
    if timeout > interval >= 0.1:
        yield f"{path}.timeout", f"{timeout:g}s is longer than the interval of {interval:g}s"


def _duration_mistakes(path: str, found: float, least: float, most: float = 1e9) -> Iterator[tuple[str, str]]:
    if not least <= found <= most:
        upper = f" to {most:g}s" if most < 1e9 else " or more"
        yield path, f"found {found:g}s, expected {least:g}s{upper}"


def _line_of(lines: dict[str, int], path: str) -> int:
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 0)
