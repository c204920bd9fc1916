"""Opens the collector's door: one address, with TLS and users where strangers can knock."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from collector import auth
from collector.config import Config, Tls
from collector.http.application import application
from collector.services import Services

LOG = logging.getLogger("collector.http")
ANSWERS_WITHIN = 5.0  # seconds


class Serving:
    """The face that the collector wears while it runs (collector.app.Face). `url` is known once it is listening."""

    def __init__(self, look_every: float = 60.0) -> None:
        """Seconds between two looks for a renewed certificate."""
        self.url: str | None = None
        self._look_every = look_every

    @contextlib.asynccontextmanager
    async def __call__(self, config: Config, services: Services) -> AsyncIterator[None]:
        """Raises ExposedError, DocumentError for the users file, OSError for a port that is taken or a bad key."""
        http = config.http
        auth.refuse_exposure(http.host, tls=http.tls is not None, users=bool(http.users_file))
        users = auth.load(Path(http.users_file)) if http.users_file else None
        app = application(services, users=users, hosts=[http.host, *http.trusted_hosts])
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=5)
        await runner.setup()
        try:
            context = _tls(http.tls) if http.tls else None
            site = web.TCPSite(runner, http.host, http.port, ssl_context=context)
            await site.start()
            self.url = f"{'https' if http.tls else 'http'}://{_host(http.host)}:{runner.addresses[0][1]}"
            LOG.info("console and API at %s", self.url)
            async with _renewing(context, http.tls, self._look_every):
                yield
        finally:
            self.url = None
            await runner.cleanup()

    async def answers(self) -> bool:
        """Whether a request that comes in at our own door is answered in time."""
        if self.url is None:
            return False
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await _status_of(urlsplit(self.url)) == 200
        except (OSError, TimeoutError, ValueError, IndexError):
            return False


async def _status_of(url: SplitResult) -> int:
    """The status of /healthz, asked over a bare socket: a client of its own would weigh more than the question."""
    context = None
    if url.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False  # we ask whether it answers; who it is is the business of those who come in
        context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(_reachable(url.hostname or ""), url.port, ssl=context)
    try:
        writer.write(f"GET /healthz HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode())
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


def _reachable(host: str) -> str:
    """An address to connect to for one that is listened on: everywhere includes here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _tls(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(tls.cert, tls.key)
    return context


@contextlib.asynccontextmanager
async def _renewing(context: ssl.SSLContext | None, tls: Tls | None, every: float) -> AsyncIterator[None]:
    """While the block lasts, certificate and key are loaded anew when their files change."""
    if context is None or tls is None:
        yield
        return
    looking = asyncio.create_task(_look_for_new(context, tls, every))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look_for_new(context: ssl.SSLContext, tls: Tls, every: float) -> None:
    seen = _changed_at(tls)
    while True:
        await asyncio.sleep(every)
        now = _changed_at(tls)
        if now == seen or None in now:
            continue
        try:
            _tls(tls)  # in a context of its own first: half of a new pair must not take the place of the old one
            context.load_cert_chain(tls.cert, tls.key)
        except OSError as error:
            LOG.warning("the renewed certificate is not used: %s", error)
        else:
            LOG.info("the renewed certificate %s is in force", tls.cert)
        seen = now


def _changed_at(tls: Tls) -> tuple[int | None, int | None]:
    return _mtime(tls.cert), _mtime(tls.key)


def _mtime(path: str) -> int | None:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return None


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
