"""Tells systemd how a service is: READY=1, WATCHDOG=1, STATUS=, STOPPING=1 (source: sd_notify(3), systemd.service(5)).

One datagram a message to the socket that $NOTIFY_SOCKET names: a path, or `@name` in the abstract namespace. Whoever
was not started by systemd has no such variable, and then nothing is said. The watchdog is fed only by a sign of life
that was asked for anew; a service that gives none is ended by systemd and started again.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import zip_longest
from typing import NamedTuple, Protocol

LONGEST_PAUSE = 5.0  # seconds between two signs of life
LONGEST_STATUS = 300  # characters


class Signs(Protocol):
    """What a service says when it is asked for a sign of life.

    `sentence` is what `systemctl status` shows. `turns` counts the turns of each thing that must go on turning, and is
    empty while there is none. `serving`: it does what it is there for; this decides only when it is READY.
    """

    @property
    def sentence(self) -> str: ...

    @property
    def turns(self) -> tuple[int, ...]: ...

    @property
    def serving(self) -> bool: ...


Ask = Callable[[], Awaitable[Signs]]


class Systemd(NamedTuple):
    """Where to talk to, and how long (seconds) systemd waits for the watchdog's food; None: for ever."""

    address: str
    patience: float | None = None

    @property
    def pause(self) -> float:
        """Seconds between two signs: systemd advises half of its patience, and one may be late."""
        return LONGEST_PAUSE if self.patience is None else min(LONGEST_PAUSE, self.patience / 4)


def found(environment: Mapping[str, str] = os.environ) -> Systemd | None:
    """The systemd that started us, as the environment names it."""
    address = environment.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):  # vsock and the like are not for services on this host
        return None
    wanted, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
    feeds = wanted.isdecimal() and int(wanted) > 0 and pid == str(os.getpid())
    return Systemd(address, int(wanted) / 1e6 if feeds else None)


def send(systemd: Systemd, message: bytes) -> None:
    """A systemd that does not listen is no reason to stop working: then nothing happens, as sd_notify(3) advises."""
    address = systemd.address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        line.sendto(message, f"\0{address[1:]}" if address.startswith("@") else address)


def ready(sentence: str) -> bytes:
    return b"READY=1\n" + status(sentence)


def alive(sentence: str) -> bytes:
    return b"WATCHDOG=1\n" + status(sentence)


def status(sentence: str) -> bytes:
    """One line of printable characters, whatever a device or a broker put into it."""
    plain = "".join(character if character.isprintable() else " " for character in sentence)
    return f"STATUS={plain[:LONGEST_STATUS]}".encode()


def stopping() -> bytes:
    return b"STOPPING=1\nSTATUS=stopping"


@asynccontextmanager
async def told(ask: Ask, stop: asyncio.Event) -> AsyncIterator[None]:
    """While the block lasts, the systemd that started us, if one did, is told what `ask` says."""
    telling = asyncio.create_task(report(ask, stop, found()))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def report(
    ask: Ask, stop: asyncio.Event, systemd: Systemd | None, send: Callable[[Systemd, bytes], None] = send
) -> None:
    """Keeps `systemd` told until `stop` is set. Without one it returns at once."""
    if systemd is None:
        return
    try:
        await _keep_told(ask, stop, systemd, send)
    finally:
        send(systemd, stopping())


async def _keep_told(ask: Ask, stop: asyncio.Event, systemd: Systemd, send: Callable[[Systemd, bytes], None]) -> None:
    fed_at: tuple[int, ...] = ()
    is_ready = False
    while not stop.is_set():
        try:
            signs = await ask()
        except Exception as error:  # what cannot be asked gives no sign of life, and systemd draws the conclusion
            send(systemd, status(f"gives no sign of life: {error!r}"))
        else:
            lives = _turned(fed_at, signs.turns)
            if lives and signs.serving and not is_ready:
                is_ready = True
                send(systemd, ready(signs.sentence))
            send(systemd, alive(signs.sentence) if lives else status(signs.sentence))
            fed_at = signs.turns if lives else fed_at  # what turns more rarely than we ask is still alive
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), systemd.pause)


def _turned(before: tuple[int, ...], now: tuple[int, ...]) -> bool:
    """Whether each has turned; what is asked for the first time has if it has ever."""
    return bool(now) and all(a != b for a, b in zip_longest(before[: len(now)], now, fillvalue=0))
