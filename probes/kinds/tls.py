"""Looks at the certificate that a TLS server shows: how long it is still valid, and whether clients will accept it.

The first handshake trusts anybody, so that the end of a certificate is known whoever signed it; the second one checks
it as a client would. A certificate that is signed by itself (code 18) is told apart from one for another name (code
62). For services that clients never verify, turn `verify` off and keep the days.
"""

import ssl
import time
from typing import Annotated

import msgspec
from cryptography import x509
from msgspec import Meta

from contract.status import Status
from probes import trust
from probes.address import Endpoint, endpoint
from probes.connection import connected
from probes.findings import Finding, verdict
from probes.handshake import shaken
from probes.probe import Probe, Verdict
from probes.text import cleaned
from probes.trouble import Trouble, of_error, silence

DAY = 86_400.0
EXPIRED, SELF_SIGNED, SELF_SIGNED_ABOVE, NO_ISSUER, OTHER_NAME, OTHER_ADDRESS = 10, 18, 19, 20, 62, 64
_CODES = {
    SELF_SIGNED: "it is signed by itself",
    SELF_SIGNED_ABOVE: "it is signed by an authority that is not trusted here",
    NO_ISSUER: "its signer is not known here: not trusted, or an intermediate certificate is not sent",
}
NAMES = 5  # that a text lists


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sni: Annotated[str, Meta(max_length=253, description="name to ask for and to verify; unset: the target's")] = ""
    ca: Annotated[str, Meta(description="file with the certificates to trust instead of the system's")] = ""
    verify: Annotated[bool, Meta(description="whether clients have to be able to trust the certificate")] = True
    warning_days: Annotated[float | None, Meta(description="fewer days of validity left are a warning")] = 21
    critical_days: Annotated[float | None, Meta(description="fewer days of validity left are critical")] = 7

    def __post_init__(self) -> None:
        if not self.sni.isprintable() or " " in self.sni:
            raise ValueError(f"found sni {self.sni!r}, expected a host name")


class Certificate(msgspec.Struct, frozen=True):
    """`begins` and `ends` in seconds since 1970; `names` are what it is for."""

    begins: float
    ends: float
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is OpenSSL's verdict on the certificate, 0 for acceptable; None when it was not asked for."""

    trouble: Trouble | None = None
    at: float = 0.0
    name: str = ""
    certificate: Certificate | None = None
    code: int | None = None
    reason: str = ""


async def probe(target: str, settings: Settings) -> Observation:
    end = endpoint(target)
    name = settings.sni or end.host.partition("%")[0]
    try:
        strict = trust.context(True, settings.ca)
    except OSError as error:
        return Observation(trouble=Trouble("local", f"{settings.ca}: {error.strerror or error}"))
    try:
        body = await _shown(end, name)
        certificate = parsed(body)
        code, reason = await _verified(end, name, strict) if settings.verify else (None, "")
    except ssl.SSLError as error:
        return Observation(trouble=Trouble("protocol", cleaned(error.reason or str(error), 120)))
    except EOFError:
        return Observation(trouble=Trouble("closed"))
    except OSError as error:
        return Observation(trouble=of_error(error))
    except ValueError as error:
        return Observation(
            trouble=Trouble("protocol", f"a certificate that cannot be read: {cleaned(str(error), 120)}")
        )
    return Observation(at=time.time(), name=name, certificate=certificate, code=code, reason=reason)


def silent(seconds: float) -> Observation:
    return Observation(trouble=silence(seconds))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> shown = Certificate(begins=0, ends=12 * DAY, names=("pay.example",))
    >>> judge(Observation(at=2 * DAY, certificate=shown, code=0), Settings()).text
    'the certificate ends in 10 days'
    >>> judge(Observation(at=0, name="shop.example", certificate=shown, code=62), Settings(warning_days=None)).text
    'not trusted: it is for pay.example, not for shop.example'
    """
    if observation.trouble is not None or observation.certificate is None:
        trouble = observation.trouble or Trouble("protocol", "no certificate was shown")
        return Verdict(trouble.status, trouble.text)
    certificate = observation.certificate
    days = (certificate.ends - observation.at) / DAY
    values = {"days": round(days, 2)}
    findings = _validity(days, certificate.begins - observation.at, settings)
    if observation.code is not None:
        values["verify_code"] = float(observation.code)
        findings += _acceptance(observation, certificate, findings)
    return verdict(findings, values)


def parsed(body: bytes) -> Certificate:
    """The certificate in DER (RFC 5280). Raises ValueError."""
    found = x509.load_der_x509_certificate(body)
    return Certificate(
        begins=found.not_valid_before_utc.timestamp(),
        ends=found.not_valid_after_utc.timestamp(),
        subject=cleaned(found.subject.rfc4514_string(), 120),
        issuer=cleaned(found.issuer.rfc4514_string(), 120),
        names=_names(found),
    )


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    addresses = [str(address) for address in extension.get_values_for_type(x509.IPAddress)]
    return tuple(cleaned(name, 60) for name in [*extension.get_values_for_type(x509.DNSName), *addresses][:NAMES])


def _validity(days: float, begins_in: float, settings: Settings) -> list[Finding]:
    if days < 0:
        return [Finding(Status.CRITICAL, f"the certificate ended {-days:.1f} days ago")]
    if begins_in > 0:
        return [Finding(Status.CRITICAL, f"the certificate begins in {begins_in / DAY:.1f} days, by this host's clock")]
    for status, limit in ((Status.CRITICAL, settings.critical_days), (Status.WARNING, settings.warning_days)):
        if limit is not None and days < limit:
            return [Finding(status, f"the certificate ends in {days:.3g} days")]
    return []


def _acceptance(observation: Observation, certificate: Certificate, already: list[Finding]) -> list[Finding]:
    """OpenSSL names one reason only; that a certificate has ended was said before, with the days."""
    code = observation.code or 0
    if code == 0 or (code == EXPIRED and already):
        return []
    if code in (OTHER_NAME, OTHER_ADDRESS):
        names = ", ".join(certificate.names) or certificate.subject or "nobody"
        return [Finding(Status.CRITICAL, f"not trusted: it is for {names}, not for {cleaned(observation.name, 80)}")]
    reason = _CODES.get(code, cleaned(observation.reason, 120))
    return [Finding(Status.CRITICAL, f"not trusted: {reason} (signed by {certificate.issuer})")]


async def _shown(end: Endpoint, name: str) -> bytes:
    """The server's certificate in DER: Python gives it parsed only when it was verified."""
    with await connected(end) as sock:
        tls = await shaken(sock, trust.context(False), name)
        return tls.getpeercert(binary_form=True) or b""


async def _verified(end: Endpoint, name: str, context: ssl.SSLContext) -> tuple[int, str]:
    """What OpenSSL says of the certificate: its code and its words, 0 for acceptable."""
    with await connected(end) as sock:
        try:
            await shaken(sock, context, name)
        except ssl.SSLCertVerificationError as error:
            return error.verify_code, error.verify_message
        return 0, ""


PROBE = Probe(settings=Settings, target="host:port", check=endpoint, probe=probe, silent=silent, judge=judge)
