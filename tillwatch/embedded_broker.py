"""amqtt in a thread of this process, for machines without mosquitto. It keeps no queue for whoever is away."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tillwatch import mqtt_ready
from tillwatch.failure import CommandFailed
from tillwatch.ports import LOOPBACK

_ANONYMOUS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class _Serving:
    """What the thread and its starter share."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stop: asyncio.Event | None = None
        self.failed: str | None = None


@contextmanager
def running(port: int) -> Iterator[None]:
    """The broker on `port` until the block is left. Raises CommandFailed when it does not come up."""
    serving = _Serving()
    thread = threading.Thread(target=_serve, args=(serving, port), name="amqtt", daemon=True)
    thread.start()
    try:
        if not mqtt_ready.wait(port, lambda: serving.failed is None and thread.is_alive()):
            raise CommandFailed(f"the embedded broker did not come up on port {port}: {serving.failed or 'no answer'}")
        yield
    finally:
        if serving.loop and serving.stop and thread.is_alive():
            serving.loop.call_soon_threadsafe(serving.stop.set)
        thread.join(10)


def _serve(serving: _Serving, port: int) -> None:
    # It logs every packet and every hasty goodbye of a client; what matters to us, its answer, is asked for.
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        asyncio.run(_until_stopped(serving, port))
    except Exception as error:
        serving.failed = f"{error}"


async def _until_stopped(serving: _Serving, port: int) -> None:
    # Heavy, and only for machines without mosquitto.
    from amqtt.broker import Broker  # type: ignore[import-untyped]  # noqa: PLC0415

    serving.loop, serving.stop = asyncio.get_running_loop(), asyncio.Event()
    listener = {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}
    broker: Any = Broker({"listeners": {"default": listener}, "plugins": _ANONYMOUS})
    await broker.start()
    try:
        await serving.stop.wait()
    finally:
        await broker.shutdown()
