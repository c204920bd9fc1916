"""The TLS of the line to the broker, the same for an agent and a collector, and what its failures mean in words."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contract import certificate, credentials
from contract.broker import Broker

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NOT_YET, _EXPIRED = 9, 10  # X509_V_ERR_… of OpenSSL
_NOT_SIGNED = (18, 19, 20, 21)
_OTHER = (62, 64)  # name, address

# What a broker answers to our certificate, as OpenSSL calls the alert (source: RFC 8446, section 6.2).
_ALERTS = {
    "CERTIFICATE_REQUIRED": "wants a certificate and got none: set broker.cert and broker.key",
    "CERTIFICATE_REVOKED": "says that our certificate is revoked: get a new one",
    "CERTIFICATE_EXPIRED": "says that our certificate has expired: renew it",
    "UNKNOWN_CA": "does not trust the CA of our certificate",
    "BAD_CERTIFICATE": "does not accept our certificate",
    "CERTIFICATE_UNKNOWN": "does not accept our certificate",
    "HANDSHAKE_FAILURE": "found no way to speak TLS with us; perhaps it wants a certificate",
    # What is left of an alert that was overtaken by the end of the connection.
    "EOF occurred": "ended the connection before it answered; perhaps it does not accept our certificate",
    "reset by peer": "broke the connection off; perhaps it does not accept our certificate",
}


class TlsUnusable(Exception):  # noqa: N818 - it says what is, as ours do
    """A file of the broker's settings does not serve; the text names it."""


class _Candid(ssl.SSLSocket):
    """A socket that leaves nothing open and nothing unsaid."""

    def do_handshake(self, block: bool = False) -> None:
        """paho forgets a socket whose handshake failed, without closing it."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """With TLS 1.3 a broker's no comes after the handshake: when writing fails, it may lie there to be read."""
        try:
            return super().send(data, flags)
        except (ssl.SSLEOFError, ConnectionError):
            self.recv(1)
            raise


def context(broker: Broker) -> ssl.SSLContext:
    """Made anew for every connection, so that renewed files are in force with the next. Raises TlsUnusable."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.sslsocket_class = _Candid
    ours.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.ca:
        _text("ca", broker.ca)
        try:
            ours.load_verify_locations(cafile=broker.ca)
        except (ssl.SSLError, OSError) as error:
            raise TlsUnusable(f"broker.ca: {broker.ca} holds no certificate in PEM form") from error
    else:
        ours.load_default_certs()
    if broker.cert:
        _load_own(ours, broker)
    return ours


def _load_own(ours: ssl.SSLContext, broker: Broker) -> None:
    _text("cert", broker.cert)
    _text("key", broker.key)
    try:
        # With an empty password a key that wants one is an error, and not a question on the terminal.
        ours.load_cert_chain(broker.cert, broker.key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsUnusable(f"broker.key: {broker.key} is not the key of {broker.cert}") from error
        raise TlsUnusable(f"broker.cert, broker.key: not a PEM certificate and its unencrypted key: {error}") from error


def _text(field: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError as error:
        raise TlsUnusable(f"broker.{field}: {credentials.why_missing(path)}") from error
    except OSError as error:
        raise TlsUnusable(f"broker.{field}: {path}: {error.strerror}") from error


def own_certificate(broker: Broker) -> certificate.Certificate | None:
    """What we show to the broker; None without one. Raises TlsUnusable."""
    if not broker.cert:
        return None
    try:
        return certificate.first_of(_text("cert", broker.cert))
    except ValueError as error:
        raise TlsUnusable(f"broker.cert: {broker.cert} {error}") from error


def explained(broker: Broker, error: BaseException | str, now: float) -> str:
    """One sentence on why there is no line: `error` is what came out of connecting. `now` in seconds since 1970."""
    said = str(error) or type(error).__name__
    text = _on_theirs(broker, error, now) if isinstance(error, ssl.SSLCertVerificationError) else ""
    text = text or (_their_alert(said) if broker.tls else "") or said
    return "; ".join([text, *_on_ours(broker, now)])


def _their_alert(said: str) -> str:
    return next((f"the broker {what}" for alert, what in _ALERTS.items() if alert in said), "")


def _on_theirs(broker: Broker, error: ssl.SSLCertVerificationError, now: float) -> str:
    return {
        _EXPIRED: f"the broker's certificate has expired, or this host's clock is wrong: it is {_day(now)} here",
        _NOT_YET: f"the broker's certificate is not valid yet; this host's clock is probably wrong: {_day(now)}",
        **dict.fromkeys(_OTHER, f"the broker's certificate is for another name than {broker.host}"),
        **dict.fromkeys(_NOT_SIGNED, f"the broker's certificate is not signed by {broker.ca or 'a CA of this host'}"),
    }.get(error.verify_code, "")


def _on_ours(broker: Broker, now: float) -> Iterator[str]:
    """What is wrong with our own certificate anyway. The broker's clock decides, so we connect all the same."""
    try:
        ours = own_certificate(broker)
    except TlsUnusable:
        return
    if ours is not None and now > ours.ends:
        yield f"our certificate {broker.cert} has expired on {_day(ours.ends)}: renew it, nothing is lost meanwhile"
    elif ours is not None and now < ours.begins:
        yield f"our certificate {broker.cert} is valid from {_day(ours.begins)}, and it is {_day(now)} here"


def _day(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M UTC")
