"""collector.yaml: what it may hold, and where secrets are read from. Every mistake is told with its line and path."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from collector.desk import settings as desk_settings
from collector.desk.settings import HelpDesk
from collector.pressure import Limits
from contract import broker, credentials
from contract.documents import DocumentError, Mistake, convert, load, text_of
from contract.ids import ID_PATTERN
from contract.units import Duration

MAX_SECRET = 4096
_LEAST = {"messages": 1.0, "records": 100.0, "burst": 20.0}  # of limits


class Session(broker.Broker, frozen=True):
    """`client_id` names the session that the broker keeps for us while we are away.

    The line and the commit share a thread, and a commit may wait 30 s for a locked database: so the keepalive is long.
    """

    client_id: Annotated[str, msgspec.Meta(max_length=64)] = ""
    keepalive: Duration = Duration(30)


class CmdbSource(msgspec.Struct, frozen=True):
    kind: Literal["yaml"]
    path: Annotated[str, msgspec.Meta(min_length=1)]


class Tls(msgspec.Struct, frozen=True):
    cert: str
    key: str


class Http(msgspec.Struct, frozen=True):
    """`public_url` is how people reach the console, for links in tickets; without it, what we listen on."""

    listen: str = "127.0.0.1:8420"
    users_file: str = ""
    tls: Tls | None = None
    trusted_hosts: list[str] = []
    public_url: str = ""

    @property
    def console_url(self) -> str:
        return self.public_url.rstrip("/") or f"{'https' if self.tls else 'http'}://{self.listen}"

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


class Keep(msgspec.Struct, frozen=True):
    journal: Duration = Duration(400 * 86_400)
    history: Duration = Duration(400 * 86_400)


class Config(msgspec.Struct, frozen=True):
    """`database` is sqlite:////path or postgresql://…; `policy` a shipped name or a path. `expected_agents` is the
    file of `tillwatch cmdb export --expected`. `shadow` stops sending to every desk, whatever its mode says.
    """

    deployment: Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
    broker: Session
    database: Annotated[str, msgspec.Meta(min_length=1)]
    cmdb: Annotated[list[CmdbSource], msgspec.Meta(min_length=1)]
    policy: str = "retail"
    expected_agents: str = ""
    help_desk: list[HelpDesk] = []
    shadow: bool = False
    http: Http = Http()
    keep: Keep = Keep()
    limits: Limits = Limits()

    @property
    def client_id(self) -> str:
        return self.broker.client_id or f"tillwatch-collector-{self.deployment}"


def read(path: Path) -> Config:
    """The configuration at `path`; relative paths in it count from its folder. Raises DocumentError."""
    return parse(text_of(path), str(path), path.parent)


def parse(text: str, name: str, folder: Path = Path()) -> Config:
    loaded = load(text, name)
    config = convert(loaded, Config, name)
    mistakes = [Mistake(loaded.lines.get(path, 0), path, what) for path, what in _mistakes(config)]
    if mistakes:
        raise DocumentError(name, mistakes)
    return _anchored(config, folder)


def secret(path: str) -> str:
    """The first line of a file that holds a secret. Raises OSError, and ValueError for an empty or huge one."""
    with Path(path).open(encoding="utf-8") as file:
        text = file.read(MAX_SECRET)
    line = text.split("\n", 1)[0].strip()
    if not line or len(text) == MAX_SECRET:
        raise ValueError(f"{path}: expected one line with the secret")
    return line


def _mistakes(config: Config) -> list[tuple[str, str]]:
    found = [
        *broker.mistakes(config.broker),
        *_database_mistakes(config.database),
        *_listen_mistakes(config.http.listen),
        *desk_settings.mistakes(config.help_desk),
    ]
    found += _public_url_mistakes(config.http.public_url)
    found += [
        (f"keep.{name}", "found less than 2d, expected 2d or more: the last checkpoint must stay")
        for name, kept in (("journal", config.keep.journal), ("history", config.keep.history))
        if kept < 2 * 86_400
    ]
    found += [
        (f"limits.{name}", f"found {given:g}, expected {least} or more: an agent must be able to say hello and pulse")
        for name, given, least in (
            ("messages", config.limits.messages, "1/s"),
            ("records", config.limits.records, "100/s"),
            ("burst", config.limits.burst, "20s"),
        )
        if given < _LEAST[name]
    ]
    return found


def _database_mistakes(url: str) -> list[tuple[str, str]]:
    scheme, given, _ = url.partition("://")
    if not given or scheme not in ("sqlite", "postgresql"):
        return [("database", f"found a URL that begins with {scheme[:20]!r}, expected sqlite:// or postgresql://")]
    if scheme == "sqlite" and not url.startswith("sqlite:///"):
        return [("database", "expected sqlite:////absolute/path or sqlite:///relative/path")]
    return []


def _public_url_mistakes(url: str) -> list[tuple[str, str]]:
    if not url:
        return []
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return [("http.public_url", f"not a URL: {error}")]
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return [("http.public_url", f"found {url!r}, expected https://HOST or http://HOST, without credentials")]
    return []


def _listen_mistakes(listen: str) -> list[tuple[str, str]]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        return [("http.listen", f"found {listen!r}, expected address:port such as 127.0.0.1:8420")]
    return []


def _anchored(config: Config, folder: Path) -> Config:
    def at(path: str) -> str:
        if not path or path.startswith(credentials.PREFIX):
            return credentials.located(path)
        return str(folder / path)

    changes: dict[str, Any] = {
        "broker": broker.with_files(config.broker, at),
        "cmdb": [msgspec.structs.replace(source, path=at(source.path)) for source in config.cmdb],
    }
    changes["help_desk"] = [
        msgspec.structs.replace(
            desk,
            token_file=at(desk.token_file),
            webhook_secret_file=at(desk.webhook_secret_file),
            ca=at(desk.ca),
            mode="shadow" if config.shadow else desk.mode,
        )
        for desk in config.help_desk
    ]
    changes["expected_agents"] = at(config.expected_agents)
    if config.policy.endswith((".yaml", ".yml")):
        changes["policy"] = at(config.policy)
    tls = config.http.tls
    changes["http"] = msgspec.structs.replace(
        config.http,
        users_file=at(config.http.users_file),
        tls=Tls(at(tls.cert), at(tls.key)) if tls else None,
    )
    if config.database.startswith("sqlite:///"):
        changes["database"] = "sqlite:///" + at(config.database.removeprefix("sqlite:///"))
    return msgspec.structs.replace(config, **changes)
