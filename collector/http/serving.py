"""Opens the collector's door: one address, with TLS and users where strangers can knock."""

import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from collector import auth
from collector.config import Config, Http
from collector.http.application import application
from collector.services import Services

LOG = logging.getLogger("collector.http")


class Serving:
    """The face that the collector wears while it runs (collector.app.Face). `url` is known once it is listening."""

    def __init__(self) -> None:
        self.url: str | None = None

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
            site = web.TCPSite(runner, http.host, http.port, ssl_context=_tls(http))
            await site.start()
            self.url = f"{'https' if http.tls else 'http'}://{_host(http.host)}:{runner.addresses[0][1]}"
            LOG.info("console and API at %s", self.url)
            yield
        finally:
            self.url = None
            await runner.cleanup()


def _tls(http: Http) -> ssl.SSLContext | None:
    if http.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(http.tls.cert, http.tls.key)
    return context


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
