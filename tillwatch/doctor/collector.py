"""What the doctor asks of a collector's host. Names are what `--skip` takes."""

import asyncio
import http.client
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from collector import auth, cmdb
from collector import config as collector_config
from collector.clock import SystemClock
from collector.config import Config
from collector.database import DatabaseError, opened, sqlite_path, standing
from collector.desk.opening import opened as opened_desk
from collector.desk.order import DeskError
from collector.desk.settings import HelpDesk
from contract.documents import DocumentError, text_of
from rules.given import policy
from tillwatch.doctor import clock, disk, files, forging, line
from tillwatch.doctor.finding import Finding, failed, ok, warning
from tillwatch.doctor.session import NoSession, Session, resumed

GIB = 2**30
ANSWERS_WITHIN = 5.0  # seconds


class CollectorHost(NamedTuple):
    """What is examined: a valid collector.yaml."""

    path: Path
    config: Config


def read(path: Path) -> CollectorHost:
    """Raises DocumentError."""
    return CollectorHost(path, collector_config.read(path))


def observer(path: Path) -> Callable[[], AbstractContextManager[Session]]:
    """Listens with the credential and the session of the collector that `path` configures. Raises DocumentError."""
    config = collector_config.read(path)
    return lambda: resumed(config.broker, config.client_id)


def _configuration(host: CollectorHost) -> Iterator[Finding]:
    config = host.config
    yield files.settings(host.path)
    yield from _documents(config)
    yield from line.secrets(config.broker)
    for desk in config.help_desk:
        yield files.secret(f"help_desk {desk.name}: token_file", desk.token_file)
    if config.http.users_file:
        yield files.secret("http.users_file", config.http.users_file)
    if config.http.tls:
        yield files.secret("http.tls.key", config.http.tls.key)


def _documents(config: Config) -> Iterator[Finding]:
    try:
        for source in config.cmdb:
            cmdb.parse(text_of(Path(source.path)), source.path)
        policy.load(config.policy)
        if config.http.users_file:
            auth.load(Path(config.http.users_file))
    except DocumentError as error:
        for mistake in str(error).splitlines():
            yield failed(mistake, "correct the file")
    else:
        yield ok("CMDB, policy and users are valid")


def _certificate(host: CollectorHost) -> Iterator[Finding]:
    yield from line.own_certificate(host.config.broker, "")
    if host.config.http.tls:
        yield from files.validity("http.tls.cert", host.config.http.tls.cert, time.time())


def _broker(host: CollectorHost) -> Iterator[Finding]:
    config = host.config
    reached = list(line.reached(config.broker))
    yield from reached
    if any(finding.level == "failed" for finding in reached):
        return
    yield from forging.let_in(config.broker)
    if _answer(config, "/readyz") == 200:
        yield ok("the collector that runs is subscribed")
        return
    try:
        with resumed(config.broker, config.client_id):
            yield ok("the broker lets this credential in")
    except NoSession as error:
        yield failed(
            f"the broker does not let us in: {error}", "see the broker's log, and that it knows this credential"
        )


def _database(host: CollectorHost) -> Iterator[Finding]:
    path = sqlite_path(host.config.database)
    if path is not None:
        yield from disk.room(path.parent, GIB)
        if not path.exists():
            yield warning(f"{path} does not exist yet", "tillwatch collector migrate makes it; so does the first start")
            return
        yield files.personal("database", str(path))
    try:
        database = opened(host.config.database)
        try:
            found, wanted = standing(database)
        finally:
            database.close()
    except DatabaseError as error:
        yield failed(f"the database does not answer: {error}", "see that it runs and lets this user in")
        return
    if found == wanted:
        yield ok(f"the database answers and is at revision {found}")
    else:
        text = f"the database is at revision {found or 'none'}, and this release has {wanted}"
        yield failed(text, "tillwatch collector migrate, or install the release that wrote it")


def _face(host: CollectorHost) -> Iterator[Finding]:
    http_settings = host.config.http
    try:
        auth.refuse_exposure(
            http_settings.host, tls=http_settings.tls is not None, users=bool(http_settings.users_file)
        )
    except auth.ExposedError as error:
        yield failed(str(error), "set http.tls and http.users_file, or listen on 127.0.0.1")
        return
    match _answer(host.config, "/readyz"):
        case 200:
            yield ok(f"the collector answers on {http_settings.listen} and is ready")
        case None:
            yield warning(f"nobody answers on {http_settings.listen}", "start the collector, and see its journal")
        case status:
            yield failed(f"the collector is not ready (HTTP {status})", "GET /readyz says what it waits for")


def _answer(config: Config, path: str) -> int | None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.http.host, config.http.host)  # noqa: S104
    if config.http.tls:
        # Who it is does not matter here, and its certificate has a check of its own.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        line: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, config.http.port, timeout=ANSWERS_WITHIN, context=context
        )
    else:
        line = http.client.HTTPConnection(host, config.http.port, timeout=ANSWERS_WITHIN)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def _help_desk(host: CollectorHost) -> Iterator[Finding]:
    for desk in host.config.help_desk:
        if desk.mode == "shadow":
            yield ok(f"{desk.name} is in shadow mode: nothing is sent, and nothing was asked of it")
        else:
            yield asyncio.run(_asked(desk, host.config.deployment))


async def _asked(settings: HelpDesk, deployment: str) -> Finding:
    """`check` of a desk looks up a key that does not exist: an answer with tickets means that filters are ignored."""
    try:
        desk = opened_desk(settings, deployment, SystemClock())
    except (OSError, ValueError) as error:
        return failed(f"{settings.name}: {error}", "put the secret into its token_file")
    try:
        await desk.check()
    except DeskError as error:
        return failed(f"{settings.name} at {settings.url}: {error}", "see that it runs, and that the token may")
    finally:
        await desk.close()
    return ok(f"{settings.name} at {settings.url} answers as it should")


def _clock(_host: CollectorHost) -> Iterator[Finding]:
    yield clock.synchronised()


CHECKS: dict[str, Callable[[CollectorHost], Iterator[Finding]]] = {
    "configuration": _configuration,
    "certificate": _certificate,
    "broker": _broker,
    "database": _database,
    "http": _face,
    "help-desk": _help_desk,
    "clock": _clock,
}
