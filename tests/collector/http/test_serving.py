"""Where the face listens, and when it refuses to."""

import asyncio
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest

from collector import auth
from collector.config import Config, Http, Tls, parse
from collector.http.serving import Serving
from contract import certificate
from contract.documents import DocumentError
from tests.collector.chain import text
from tests.collector.http.chain import Chain
from tests.edge_agent.authority import Authority
from tests.edge_agent.peers import until


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


def test_strangers_may_knock_where_there_are_tls_and_users_and_see_the_console(tmp_path: Path) -> None:
    """On every address: without a token the page is served and the data is not."""
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("console", address="IP:127.0.0.1")
    token, users = auth.new_token(), tmp_path / "users.yaml"
    users.write_text(f"users: [{{name: ann, role: view, token_sha256: {auth.digest(token)}}}]\n")
    trusting = ssl.create_default_context(cafile=str(authority.ca))

    def asked(url: str, **headers: str) -> int:
        try:
            request = urllib.request.Request(url, headers=headers)  # noqa: S310
            with urllib.request.urlopen(request, context=trusting, timeout=20) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    async def scene() -> None:
        http = Http(listen="0.0.0.0:0", users_file=str(users), tls=Tls(str(cert), str(key)))
        face = Serving()
        async with face(config(tmp_path, http), Chain()):
            assert face.url is not None
            assert await face.answers()
            here = face.url.replace("0.0.0.0", "127.0.0.1")
            incidents = f"{here}/api/v1/incidents"
            assert await asyncio.to_thread(asked, f"{here}/") == 200
            assert await asyncio.to_thread(asked, incidents) == 401
            assert await asyncio.to_thread(lambda: asked(incidents, Authorization=f"Bearer {token}")) == 200
        assert not await face.answers()

    asyncio.run(scene())


def test_a_renewed_certificate_is_shown_without_a_restart_and_half_of_one_is_not(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("old", "served", address="IP:127.0.0.1")
    new_cert, new_key = authority.issue("new", address="IP:127.0.0.1")

    def name_shown(port: int) -> str:
        return certificate.of_der(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))).name

    async def until_shown(port: int, name: str) -> None:
        await asyncio.to_thread(until, lambda: name_shown(port) == name)

    async def scene() -> None:
        face = Serving(look_every=0.05)
        async with face(config(tmp_path, Http(listen="127.0.0.1:0", tls=Tls(str(cert), str(key)))), Chain()):
            assert face.url is not None
            port = int(face.url.rsplit(":", 1)[1])
            await until_shown(port, "old")
            new_cert.replace(cert)
            await asyncio.sleep(0.3)
            await until_shown(port, "old")
            new_key.replace(key)
            await until_shown(port, "new")

    asyncio.run(scene())
