"""Where the face listens, and when it refuses to."""

import asyncio
import ssl
import subprocess
import urllib.request
from pathlib import Path

import msgspec
import pytest

from collector import auth
from collector.config import Config, Http, Tls, parse
from collector.http.serving import Serving
from contract.documents import DocumentError
from tests.collector.chain import text
from tests.collector.http.chain import Chain


def config(tmp_path: Path, http: Http) -> Config:
    plain = parse(text("sqlite:///unused.db", 1), "collector.yaml", tmp_path)
    return msgspec.structs.replace(plain, http=http)


@pytest.mark.parametrize(
    ("http", "error", "message"),
    [
        (Http(listen="0.0.0.0:0"), auth.ExposedError, "which needs http.tls and http.users_file"),
        (Http(users_file="/nowhere/users.yaml"), DocumentError, "/nowhere/users.yaml: No such file or directory"),
    ],
)
def test_a_door_that_would_stand_open_is_not_opened(
    tmp_path: Path, http: Http, error: type[Exception], message: str
) -> None:
    async def scene() -> None:
        async with Serving()(config(tmp_path, http), Chain()):
            raise AssertionError("it is open")

    with pytest.raises(error, match=message):
        asyncio.run(scene())


def test_with_a_certificate_it_speaks_tls_only(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *names, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)

    def asked(url: str) -> int:
        trusting = ssl.create_default_context(cafile=str(cert))
        with urllib.request.urlopen(f"{url}/healthz", context=trusting, timeout=20) as answer:  # noqa: S310
            status: int = answer.status
            return status

    async def scene() -> None:
        face = Serving()
        async with face(config(tmp_path, Http(listen="127.0.0.1:0", tls=Tls(str(cert), str(key)))), Chain()):
            assert face.url is not None
            assert face.url.startswith("https://127.0.0.1:")
            assert await asyncio.to_thread(asked, face.url) == 200
        assert face.url is None

    asyncio.run(scene())
