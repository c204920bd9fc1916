"""Where the two sides meet: the `broker` mapping of agent.yaml, collector.yaml and whatever else connects."""

from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from contract import credentials
from contract.units import Duration

PORTS = {"mqtt": 1883, "mqtts": 8883}
FILES = ("password_file", "ca", "cert", "key")
SHORTEST_KEEPALIVE, LONGEST_KEEPALIVE = 1, 3600


class Broker(msgspec.Struct, frozen=True):
    """`url` is mqtt:// or mqtts:// with host and port. Secrets are in files, never here."""

    url: str
    username: str = ""
    password_file: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    keepalive: Duration = Duration(15)

    @property
    def tls(self) -> bool:
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or PORTS[parts.scheme]


B = TypeVar("B", bound=Broker)


def with_files(broker: B, at: Callable[[str], str]) -> B:
    """The same broker, its files where `at` says that they are."""
    given = {name: getattr(broker, name) for name in FILES}
    return msgspec.structs.replace(broker, **{name: at(path) for name, path in given.items() if path})


def mistakes(broker: Broker) -> Iterator[tuple[str, str]]:
    """(path, text) of everything that cannot work."""
    try:
        url = urlsplit(broker.url)
        plausible = url.scheme in PORTS and url.hostname and (url.port is None or url.port > 0)
        extra = url.path.strip("/") or url.query or url.fragment
    except ValueError:
        plausible, extra, url = None, "", urlsplit("")
    if not plausible or extra:
        yield "broker.url", f"found {broker.url!r}, expected mqtts://HOST:PORT or mqtt://HOST:PORT"
    elif url.username is not None:
        yield (
            "broker.url",
            "holds a user; expected it in `username`, and a password in the file of `password_file`",
        )
    elif url.scheme == "mqtt" and (broker.ca or broker.cert or broker.key):
        yield "broker.url", "is mqtt:// although certificates are given; expected mqtts://"
    if bool(broker.cert) != bool(broker.key):
        yield "broker", "has one of `cert` and `key`; expected both or neither"
    if not SHORTEST_KEEPALIVE <= broker.keepalive <= LONGEST_KEEPALIVE:
        bounds = f"from {SHORTEST_KEEPALIVE}s to {LONGEST_KEEPALIVE}s"
        yield "broker.keepalive", f"found {broker.keepalive:g}s, expected {bounds}"
    for name in FILES:
        if mistake := credentials.mistake(getattr(broker, name)):
            yield f"broker.{name}", mistake
