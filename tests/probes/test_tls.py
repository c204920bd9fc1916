"""The tls probe against servers of Python's own ssl, with certificates made here."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.documents import DocumentError
from contract.status import Status
from probes.kinds.tls import parsed
from probes.probe import Verdict
from probes.settings import read
from tests.probes.peers import asked, saying, serving, silent


class Signed(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def signed(name: str, days: float, by: Signed | None = None, since: float = -1) -> Signed:
    """A certificate for `name` and 127.0.0.2, valid from `since` to `days` from now; by itself where nobody signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    issuer, signing = (by.certificate.subject, by.key) if by else (named(name), key)
    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now + timedelta(days=since)).not_valid_after(now + timedelta(days=days))
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.2"))])
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    return Signed(builder.sign(signing, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def authority() -> Signed:
    return signed("Test Authority", 400)


@pytest.fixture(scope="module")
def ca(authority: Signed, tmp_path_factory: pytest.TempPathFactory) -> str:
    return pem(authority, tmp_path_factory.mktemp("ca") / "ca.pem")


def pem(one: Signed, path: Path) -> str:
    key = one.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(one.certificate.public_bytes(serialization.Encoding.PEM) + key)
    return str(path)


def judged(one: Signed, folder: Path, settings: dict[str, Any], host: str = "127.0.0.1") -> Verdict:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem(one, folder / "server.pem"))

    async def scene() -> Verdict:
        async with serving(saying(), ssl=context) as port:
            return await asked("tls", f"{host}:{port}", settings)

    return asyncio.run(scene())


def test_a_valid_certificate_is_ok_and_its_days_are_a_value(tmp_path: Path, authority: Signed, ca: str) -> None:
    verdict = judged(signed("localhost", 90, authority), tmp_path, {"ca": ca}, "localhost")
    assert (verdict.status, verdict.text, verdict.values["verify_code"]) == (Status.OK, "", 0)
    assert 89.9 < verdict.values["days"] <= 90


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (20, (Status.WARNING, "the certificate ends in 20 days")),
        (6, (Status.CRITICAL, "the certificate ends in 6 days")),
        (-0.5, (Status.CRITICAL, "the certificate ended 0.5 days ago")),
    ],
)
def test_the_days_left_are_judged(
    tmp_path: Path, authority: Signed, ca: str, days: float, expected: tuple[Status, str]
) -> None:
    verdict = judged(signed("localhost", days, authority), tmp_path, {"ca": ca}, "localhost")
    assert (verdict.status, verdict.text) == expected


def test_a_certificate_signed_by_itself_is_told_apart_from_one_for_another_name(
    tmp_path: Path, authority: Signed, ca: str
) -> None:
    own = judged(signed("localhost", 90), tmp_path, {}, "localhost")
    assert (own.status, own.values["verify_code"]) == (Status.CRITICAL, 18)
    assert own.text == "not trusted: it is signed by itself (signed by CN=localhost)"
    other = judged(signed("shop.example", 90, authority), tmp_path, {"ca": ca}, "localhost")
    assert (other.status, other.values["verify_code"]) == (Status.CRITICAL, 62)
    assert other.text == "not trusted: it is for shop.example, 127.0.0.2, not for localhost"
    address = judged(signed("shop.example", 90, authority), tmp_path, {"ca": ca})
    assert address.values["verify_code"] == 64
    stranger = judged(signed("localhost", 90, signed("Stranger", 90)), tmp_path, {"ca": ca}, "localhost")
    assert (stranger.values["verify_code"], "its signer is not known here" in stranger.text) == (20, True)


def test_the_days_are_known_of_a_certificate_that_nobody_trusts(tmp_path: Path) -> None:
    verdict = judged(signed("localhost", 3), tmp_path, {"verify": False})
    assert (verdict.status, verdict.text) == (Status.CRITICAL, "the certificate ends in 3 days")
    assert "verify_code" not in verdict.values
    early = judged(signed("localhost", 90, since=2), tmp_path, {"verify": False})
    assert early.text == "the certificate begins in 2.0 days, by this host's clock"


def test_the_name_to_ask_for_is_told_to_the_server_and_verified(tmp_path: Path, authority: Signed, ca: str) -> None:
    contexts = {}
    for name in ("pay.example", "shop.example"):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(pem(signed(name, 90, authority), tmp_path / name))

    def chosen(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = contexts[name or "shop.example"]

    contexts["shop.example"].sni_callback = chosen

    async def scene() -> None:
        async with serving(silent, ssl=contexts["shop.example"]) as port:
            verdict = await asked("tls", f"127.0.0.1:{port}", {"ca": ca, "sni": "pay.example"})
            assert (verdict.status, verdict.text) == (Status.OK, "")
            assert (await asked("tls", f"127.0.0.1:{port}", {"ca": ca, "sni": "shop.example"})).status is Status.OK

    asyncio.run(scene())


def test_a_server_that_wants_a_certificate_still_shows_its_own(tmp_path: Path, authority: Signed, ca: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem(signed("localhost", 90, authority), tmp_path / "server.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca)

    async def scene() -> None:
        async with serving(silent, ssl=context) as port:
            assert (await asked("tls", f"localhost:{port}", {"ca": ca})).status is Status.OK

    asyncio.run(scene())


def test_a_port_that_speaks_something_else_is_told_apart_from_one_that_is_silent() -> None:
    async def scene() -> None:
        async with serving(saying(b"220 mail ready\r\n")) as port:
            plain = await asked("tls", f"127.0.0.1:{port}")
        assert plain.status is Status.CRITICAL
        assert plain.text.startswith("protocol: ")
        async with serving(saying()) as port:
            closed = await asked("tls", f"127.0.0.1:{port}")
        assert closed.text == "closed"
        async with serving(silent) as port:
            quiet = await asked("tls", f"127.0.0.1:{port}", within=0.05)
        assert quiet.text == "timed out: no answer within 0.05 s"

    asyncio.run(scene())


def test_a_file_of_authorities_that_is_missing_says_nothing_of_the_server(tmp_path: Path) -> None:
    verdict = asyncio.run(asked("tls", "127.0.0.1:1", {"ca": str(tmp_path / "gone.pem")}))
    assert (verdict.status, "gone.pem" in verdict.text) == (Status.UNKNOWN, True)


def test_what_is_no_certificate_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        parsed(b"\x30\x03\x02\x01\x01")


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(DocumentError, match="found sni 'a b', expected a host name"):
        read("tls", {"sni": "a b"})
