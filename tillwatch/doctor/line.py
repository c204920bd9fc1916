"""The broker: reached, really itself, and willing to let us in."""

import socket
import ssl
import time
from collections.abc import Iterator

from contract import broker_tls
from contract.broker import Broker
from tillwatch.doctor import files
from tillwatch.doctor.finding import Finding, failed, ok, warning
from tillwatch.doctor.session import DENIED, V311, NoSession, opened

WITHIN = 5.0  # seconds
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def secrets(broker: Broker) -> Iterator[Finding]:
    for what, path in (("broker.key", broker.key), ("broker.password_file", broker.password_file)):
        if path:
            yield files.secret(what, path)


def own_certificate(broker: Broker, name: str) -> Iterator[Finding]:
    """`name` is what the certificate has to be for; empty: anybody's."""
    if broker.cert:
        yield from files.validity("broker.cert", broker.cert, time.time(), name)
    elif broker.tls and not broker.password_file:
        yield warning("there is neither a certificate nor a password for the broker", "set broker.cert and broker.key")


def reached(broker: Broker) -> Iterator[Finding]:
    try:
        with socket.create_connection((broker.host, broker.port), WITHIN) as line:
            if broker.tls:
                yield from _shaken(broker, line)
            elif broker.host in LOOPBACK:
                yield ok(f"{broker.url} is reached")
            else:
                yield failed(f"{broker.url} is reached, and anybody on the way can read along", "use mqtts:// with TLS")
    except OSError as error:
        yield failed(f"{broker.url} is not reached: {error}", "see that the broker runs, its name and the way to it")


def _shaken(broker: Broker, line: socket.socket) -> Iterator[Finding]:
    try:
        with broker_tls.context(broker).wrap_socket(line, server_hostname=broker.host) as secured:
            shown = secured.getpeercert() or {}
            version = secured.version()
    except broker_tls.TlsUnusable as error:
        yield failed(str(error), "put a usable file there")
        return
    except (ssl.SSLError, OSError) as error:
        yield failed(broker_tls.explained(broker, error, time.time()), "renew what has expired, or correct broker.ca")
        return
    yield ok(f"{broker.url} is reached with {version}")
    ends = shown.get("notAfter")
    if isinstance(ends, str):
        yield files.lifetime("the broker's certificate", ssl.cert_time_to_seconds(ends) - time.time())


def admitted(broker: Broker, client_id: str, topics: list[str]) -> Iterator[Finding]:
    """Whether the broker lets this credential in and takes the subscriptions that an agent needs."""
    try:
        with opened(broker, client_id, V311) as session:
            codes = session.subscribe(topics)
    except NoSession as error:
        yield failed(
            f"the broker does not let us in: {error}", "see the broker's log, and that it knows this credential"
        )
        return
    if not codes or any(code >= DENIED for code in codes):
        yield failed("the broker refuses our subscriptions", "allow this credential to read its own ack and cmd")
    else:
        yield ok("the broker lets this credential in")
