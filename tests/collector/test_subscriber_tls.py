"""The collector's line over mutual TLS to a real broker."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from collector.subscriber import Subscriber
from tests.edge_agent.authority import Authority
from tests.edge_agent.secured import SecuredBroker
from tillwatch.cmdb.acl import COLLECTOR


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[SecuredBroker]:
    broker = SecuredBroker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.kill()


def turned(subscriber: Subscriber, until: Callable[[], bool]) -> None:
    for _ in range(400):
        subscriber.turn(0.05, 10)
        if until():
            return
    raise AssertionError(f"not so; {subscriber.error}")


def test_it_subscribes_with_its_certificate(secured: SecuredBroker) -> None:
    subscriber = Subscriber(secured.credential(COLLECTOR), COLLECTOR)
    turned(subscriber, lambda: subscriber.is_up)
    assert subscriber.error == ""
    subscriber.close()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"cert": "", "key": ""}, "the broker wants a certificate and got none: set broker.cert and broker.key"),
        ({"ca": "STRANGER"}, "the broker's certificate is not signed by "),
        ({"key": "/nowhere/key"}, "broker.key: /nowhere/key: No such file or directory"),
    ],
)
def test_why_there_is_no_line_is_a_sentence(
    secured: SecuredBroker, tmp_path: Path, wrong: dict[str, str], why: str
) -> None:
    stranger = str(Authority(tmp_path / "stranger").ca)
    wrong = {field: stranger if path == "STRANGER" else path for field, path in wrong.items()}
    subscriber = Subscriber(msgspec.structs.replace(secured.credential(COLLECTOR), **wrong), COLLECTOR)
    turned(subscriber, lambda: bool(subscriber.error))
    assert why in subscriber.error
    subscriber.close()


def test_a_renewed_certificate_is_in_force_without_a_restart(secured: SecuredBroker, tmp_path: Path) -> None:
    settings = secured.credential(COLLECTOR)
    files = {name: str(shutil.copy(getattr(settings, name), tmp_path / name)) for name in ("cert", "key")}
    subscriber = Subscriber(msgspec.structs.replace(settings, **files), COLLECTOR)
    turned(subscriber, lambda: subscriber.is_up)
    secured.authority.revoke(Path(settings.cert))
    secured.kill()
    secured.start()
    turned(subscriber, lambda: "our certificate is revoked" in subscriber.error)
    for new, file in zip(secured.authority.issue(COLLECTOR, "renewed"), ("cert", "key"), strict=True):
        shutil.copy(new, files[file])
    turned(subscriber, lambda: subscriber.is_up)
    subscriber.close()
