"""The line over mutual TLS to a real broker: what works, what each refusal is called; nothing needs a restart."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from contract.broker import Broker
from contract.topics import down, up
from edge_agent.wire import Wire
from tests.edge_agent.authority import Authority
from tests.edge_agent.secured import SecuredBroker
from tests.edge_agent.test_wire import Heard, told
from tillwatch.cmdb.acl import COLLECTOR

AGENT = "0042-server"


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[SecuredBroker]:
    broker = SecuredBroker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.kill()


def first_refusal(settings: Broker, then: Callable[[Heard], None] | None = None) -> str:
    """The first reason that is told; with `then`, which makes it possible, the wire goes on until connected."""

    async def run() -> Heard:
        heard = Heard()
        wire = Wire(settings, AGENT, [down(AGENT, "ack")], heard)
        wire.start()
        await told(heard)
        if then is not None:
            then(heard)
            while "connected" not in heard.lines:
                await told(heard)
        await wire.close()
        return heard

    return asyncio.run(run()).lines[0]


def test_an_agent_speaks_and_hears_with_its_certificate_and_its_name_is_its_id(secured: SecuredBroker) -> None:
    async def run() -> list[tuple[str, bytes]]:
        agent, collector = Heard(), Heard()
        there = Wire(secured.credential(COLLECTOR), COLLECTOR, [up(AGENT, "live")], collector)
        here = Wire(secured.credential(AGENT), AGENT, [down(AGENT, "ack")], agent)
        for wire, heard in ((there, collector), (here, agent)):
            wire.start()
            await told(heard)
        here.publish(up(AGENT, "live"), b"measured")
        await told(collector)
        there.publish(down(AGENT, "ack"), b"had")
        await told(agent)
        for wire in (here, there):
            await wire.close()
        return collector.messages + agent.messages

    assert asyncio.run(run()) == [(up(AGENT, "live"), b"measured"), (down(AGENT, "ack"), b"had")]
    assert f"as {AGENT} (p2, c1, k15, u'{AGENT}')" in secured.said()


def test_a_broker_of_another_authority_is_not_spoken_to(secured: SecuredBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "another CA")
    settings = msgspec.structs.replace(secured.credential(AGENT), ca=str(stranger.ca))
    refusal = first_refusal(settings)
    assert refusal == f"cannot reach {secured.url}: the broker's certificate is not signed by {stranger.ca}"


def test_a_certificate_of_another_authority_is_refused_by_the_broker(secured: SecuredBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "another CA")
    cert, key = stranger.issue(AGENT)
    refusal = first_refusal(msgspec.structs.replace(secured.credential(AGENT), cert=str(cert), key=str(key)))
    assert "the broker does not trust the CA of our certificate" in refusal


def test_without_a_certificate_the_broker_says_that_it_wants_one(secured: SecuredBroker) -> None:
    refusal = first_refusal(msgspec.structs.replace(secured.credential(AGENT), cert="", key=""))
    assert "wants a certificate and got none: set broker.cert and broker.key" in refusal


def test_a_revoked_certificate_is_called_so_and_a_new_one_is_in_force_without_a_restart(
    secured: SecuredBroker, tmp_path: Path
) -> None:
    settings = secured.credential(AGENT)
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    shutil.copy(settings.cert, cert)
    shutil.copy(settings.key, key)
    secured.authority.revoke(cert)
    secured.reload()

    def renew(_heard: Heard) -> None:
        for new, file in zip(secured.authority.issue(AGENT, "renewed"), (cert, key), strict=True):
            shutil.copy(new, file)

    settings = msgspec.structs.replace(settings, cert=str(cert), key=str(key))
    assert "says that our certificate is revoked: get a new one" in first_refusal(settings, renew)


def test_an_expired_certificate_is_named_with_its_day_and_tried_all_the_same(secured: SecuredBroker) -> None:
    """Whether it has expired is decided by the broker's clock; ours may be the wrong one."""
    cert, key = secured.authority.issue(AGENT, "old", days=-2)
    refusal = first_refusal(msgspec.structs.replace(secured.credential(AGENT), cert=str(cert), key=str(key)))
    assert "says that our certificate has expired: renew it" in refusal
    assert f"our certificate {cert} has expired on 20" in refusal
    assert "nothing is lost meanwhile" in refusal


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ((30, "DNS:broker.example"), "the broker's certificate is for another name than 127.0.0.1"),
        ((-2, "IP:127.0.0.1"), "the broker's certificate has expired, or this host's clock is wrong"),
    ],
)
def test_a_broker_with_a_wrong_certificate_is_not_spoken_to(
    tmp_path: Path, server: tuple[int, str], expected: str
) -> None:
    broker = SecuredBroker(tmp_path / "broker", server=server)
    broker.start()
    try:
        assert expected in first_refusal(broker.credential(AGENT))
    finally:
        broker.kill()


@pytest.mark.parametrize(
    ("field", "content", "expected"),
    [
        ("ca", "no PEM", "broker.ca: {file} holds no certificate in PEM form"),
        ("ca", None, "broker.ca: {file}: No such file or directory"),
        ("cert", "no PEM", "broker.cert, broker.key: not a PEM certificate and its unencrypted key"),
        ("key", "OTHER", "broker.key: {file} is not the key of"),
    ],
)
def test_a_file_that_does_not_serve_is_named_and_needs_no_restart_once_it_does(
    secured: SecuredBroker, tmp_path: Path, field: str, content: str | None, expected: str
) -> None:
    settings = secured.credential(AGENT)
    right, file = Path(getattr(settings, field)), tmp_path / "file"
    if content == "OTHER":
        content = Path(secured.credential("0043-server").key).read_text()
    if content is not None:
        file.write_text(content)

    def repair(_heard: Heard) -> None:
        shutil.copy(right, file)

    refusal = first_refusal(msgspec.structs.replace(settings, **{field: str(file)}), repair)
    assert expected.format(file=file) in refusal
