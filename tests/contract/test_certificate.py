"""What is read from a certificate agrees with what made it, and what is not one says so."""

import ssl
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import certificate
from tests.edge_agent.authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize("days", [-3, 90, 365 * 40])
def test_period_and_name_are_what_the_authority_gave(authority: Authority, days: int) -> None:
    """Forty years on the year takes four digits instead of two."""
    cert, _ = authority.issue("0042-server", f"for-{days}", days=days)
    found = certificate.first_of(cert.read_text())
    assert found.name == "0042-server"
    assert abs(found.ends - (time.time() + days * 86_400)) < 60
    assert abs(found.begins - (time.time() - 60 * 86_400)) < 60


def test_the_first_of_a_chain_is_read(authority: Authority) -> None:
    cert, _ = authority.issue("first")
    assert certificate.first_of(f"a comment\n{cert.read_text()}{authority.ca.read_text()}").name == "first"


def test_a_name_with_several_parts_or_none_is_read(tmp_path: Path) -> None:
    for subject, name in (("/O=Acme/CN=ünïcode/OU=x", "ünïcode"), ("/O=Acme", "")):
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8"]
        files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
        subprocess.run([*make, "-subj", subject, *files], check=True, capture_output=True)
        assert certificate.first_of((tmp_path / "cert").read_text()).name == name


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "hello"])
def test_a_file_without_a_certificate_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="holds no certificate in PEM form"):
        certificate.first_of(text)


@given(st.binary(max_size=200))
def test_anything_else_is_told_and_never_falls_over(der: bytes) -> None:
    with pytest.raises(ValueError, match="certificate"):
        certificate.of_der(der)


def test_a_certificate_cut_anywhere_is_none(authority: Authority) -> None:
    cert, _ = authority.issue("cut")
    der = ssl.PEM_cert_to_DER_cert(cert.read_text()[cert.read_text().index("-----BEGIN") :])
    for at in range(len(der)):
        with pytest.raises(ValueError, match="certificate"):
            certificate.of_der(der[:at])
