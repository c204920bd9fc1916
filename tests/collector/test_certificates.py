"""The end of a certificate is seen coming, also after it was renewed, and never hides behind a file that is gone."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from collector.certificates import Certificates, first_end
from collector.config import Tls
from tests.collector import chain

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def pem(days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tillwatch.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, BEGIN, BEGIN + timedelta(days=days))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def end(days: int) -> float:
    return BEGIN.timestamp() + days * 86_400


def test_each_certificate_of_the_configuration_is_told_with_its_end(tmp_path: Path) -> None:
    known = chain.config(tmp_path, "sqlite:///x.db", 1)
    (tmp_path / "http.pem").write_bytes(pem(30))
    (tmp_path / "ca.pem").write_bytes(pem(900) + pem(400))
    config = msgspec.structs.replace(
        known,
        http=msgspec.structs.replace(known.http, tls=Tls(str(tmp_path / "http.pem"), "key")),
        broker=msgspec.structs.replace(known.broker, ca=str(tmp_path / "ca.pem"), cert=str(tmp_path / "gone.pem")),
    )
    certificates = Certificates(config)
    assert certificates.ends() == {"http": end(30), "broker": 0.0, "broker_ca": end(400)}
    (tmp_path / "http.pem").write_bytes(pem(120))
    os.utime(tmp_path / "http.pem", (2e9, 2e9))
    assert certificates.ends()["http"] == end(120)


def test_without_tls_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert Certificates(chain.config(tmp_path, "sqlite:///x.db", 1)).ends() == {}


@pytest.mark.parametrize(
    "text", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_file_without_a_certificate_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        first_end(text)
