"""The http probe against nginx: a real server, its stop, and its certificate."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract.status import Status
from probes.probe import Verdict
from tests.probes.peers import asked, nginx


def verdict_of(url: str, settings: dict[str, Any] | None = None) -> Verdict:
    return asyncio.run(asked("http", url, settings))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `localhost` that is signed by itself, followed by its key."""
    folder = tmp_path_factory.mktemp("certificate")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"]
    command = ["openssl", "req", "-x509", *key, *subject, "-days", "2", "-out", "own.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "own.pem").read_text() + (folder / "key.pem").read_text())
    return both


def test_a_shop_is_ok_until_it_stops(tmp_path: Path) -> None:
    health = 'location = /health { default_type application/json; return 200 \'{"payments": {"queue": 3}}\'; }'
    settings = {"expect_status": 200, "asserts": [{"path": "payments.queue", "max": 10}]}
    with nginx(tmp_path, health) as port:
        url = f"http://127.0.0.1:{port}/health"
        up = verdict_of(url, settings)
        missing = verdict_of(f"http://127.0.0.1:{port}/nothing", settings)
    down = verdict_of(url, settings)
    assert (up.status, up.text) == (Status.OK, "")
    assert 0 < up.values["answer_ms"] < 60_000
    assert missing.text == "answered 404, expected 200"
    assert (down.status, down.text) == (Status.CRITICAL, "refused")


def test_a_certificate_is_trusted_by_its_authority_for_its_name_only(tmp_path: Path, certificate: Path) -> None:
    server = f"ssl_certificate {certificate}; ssl_certificate_key {certificate}; location / {{ return 200 fine; }}"
    with nginx(tmp_path, server, listening="ssl") as port:
        url, ca = f"https://localhost:{port}/", str(certificate)
        own = verdict_of(url)
        assert (own.status, own.text) == (Status.CRITICAL, "not trusted: self-signed certificate")
        assert verdict_of(url, {"ca": ca}).status is Status.OK
        assert verdict_of(url, {"verify": False}).status is Status.OK
        other_name = verdict_of(f"https://127.0.0.1:{port}/", {"ca": ca})
        assert other_name.text.startswith("not trusted: IP address mismatch")
        plain = verdict_of(f"http://localhost:{port}/")
        assert plain.text == "answered 400, expected 200 to 299"
        gone = verdict_of(url, {"ca": str(tmp_path / "gone.pem")})
        assert (gone.status, "gone.pem" in gone.text) == (Status.UNKNOWN, True)


def test_tls_asked_of_a_server_that_does_not_speak_it_is_not_trusted(tmp_path: Path) -> None:
    with nginx(tmp_path, "location / { return 200 fine; }") as port:
        verdict = verdict_of(f"https://localhost:{port}/")
    assert verdict.status is Status.CRITICAL
    assert verdict.text.startswith("not trusted: ")


def test_a_server_that_wants_a_certificate_gets_the_clients(tmp_path: Path, certificate: Path) -> None:
    server = (
        f"ssl_certificate {certificate}; ssl_certificate_key {certificate};"
        f"ssl_client_certificate {certificate}; ssl_verify_client on; location / {{ return 200 fine; }}"
    )
    ca = {"ca": str(certificate)}
    with nginx(tmp_path, server, listening="ssl") as port:
        url = f"https://localhost:{port}/"
        assert verdict_of(url, ca).text == "answered 400, expected 200 to 299"
        assert verdict_of(url, {**ca, "client_cert": str(certificate)}).status is Status.OK
