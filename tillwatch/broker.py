"""An MQTT broker on loopback for `up` and `demo`: mosquitto where it is installed, else amqtt in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tillwatch import embedded_broker, mosquitto
from tillwatch.failure import CommandFailed
from tillwatch.ports import LOOPBACK, free_port, is_free


class Broker(NamedTuple):
    """A broker that answers. `note` says what it keeps for a subscriber that is away."""

    program: str
    port: int
    note: str

    @property
    def url(self) -> str:
        return f"mqtt://{LOOPBACK}:{self.port}"


@contextmanager
def running(state: Path, port: int | None = None) -> Iterator[Broker]:
    """A broker on `port` (default: a free one) until the block is left; mosquitto keeps its session in `state`.

    Raises CommandFailed when the port is taken or the broker does not come up.
    """
    program = mosquitto.program()
    if port is not None and not is_free(port):
        raise CommandFailed(f"port {port} is in use; choose another for the broker", 2)
    port = port or free_port()
    if program:
        with mosquitto.running(program, state, port):
            yield Broker("mosquitto", port, "keeps what it accepted for a collector that is away")
    else:
        with embedded_broker.running(port):
            yield Broker("amqtt", port, "embedded; keeps no offline queue: agents send again what was not acknowledged")
