"""Opens a TCP connection to `host:port` and closes it again; optionally says something and waits for an expected text.

Refused (the host lives, the service does not), timed out, unreachable and a name that is not known are told apart. Only
a service that greets, or answers what is sent, can be expected to say something: plain HTTP servers, for one, wait.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.status import Status
from contract.units import Duration
from probes.address import endpoint
from probes.connection import connected
from probes.findings import Finding, slower, verdict
from probes.probe import Probe, Verdict
from probes.text import cleaned, cleaned_bytes
from probes.trouble import Trouble, of_error, silence

BANNER_CAP = 4096  # bytes read while waiting for the expected text


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expect: Annotated[str, Meta(max_length=256, description="text that must occur in what the service says")] = ""
    send: Annotated[str, Meta(max_length=1024, description="text said first; a line end is not added")] = ""
    warning: Annotated[Duration | None, Meta(description="connecting slower than this is a warning")] = None
    critical: Annotated[Duration | None, Meta(description="connecting slower than this is critical")] = None


class Observation(msgspec.Struct, frozen=True):
    """`connect_ms` until the connection stood, None if it never did; `said` is at most BANNER_CAP bytes."""

    trouble: Trouble | None = None
    connect_ms: float | None = None
    said: bytes = b""


async def probe(target: str, settings: Settings) -> Observation:
    began = perf_counter()
    try:
        sock = await connected(endpoint(target))
    except OSError as error:
        return Observation(trouble=of_error(error))
    connect_ms = (perf_counter() - began) * 1000
    with sock:
        try:
            said = await _conversation(sock, settings)
        except OSError as error:
            return Observation(trouble=of_error(error), connect_ms=connect_ms)
    return Observation(connect_ms=connect_ms, said=said)


def silent(seconds: float) -> Observation:
    return Observation(trouble=silence(seconds))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> judge(Observation(connect_ms=1.5), Settings())
    Verdict(status=<Status.OK: 0>, text='', values={'connect_ms': 1.5})
    >>> judge(Observation(trouble=Trouble("refused")), Settings()).text
    'refused'
    >>> judge(Observation(connect_ms=1.5, said=b"220 mail"), Settings(expect="SSH-2.0")).text
    "connected, but said '220 mail' instead of 'SSH-2.0'"
    """
    values = {} if observation.connect_ms is None else {"connect_ms": round(observation.connect_ms, 3)}
    if observation.trouble is not None:
        return Verdict(observation.trouble.status, observation.trouble.text, values)
    took = observation.connect_ms or 0.0
    slow = slower("connecting took", took, settings.warning, settings.critical)
    return verdict([*_unexpected(observation.said, settings.expect), *slow], values)


def _unexpected(said: bytes, expected: str) -> list[Finding]:
    if expected.encode() in said:
        return []
    heard = f"said {cleaned_bytes(said, 80)!r}" if said else "said nothing"
    return [Finding(Status.CRITICAL, f"connected, but {heard} instead of {cleaned(expected, 80)!r}")]


async def _conversation(sock: socket.socket, settings: Settings) -> bytes:
    loop = asyncio.get_running_loop()
    if settings.send:
        await loop.sock_sendall(sock, settings.send.encode())
    if not settings.expect:
        return b""
    return await _heard(lambda: loop.sock_recv(sock, BANNER_CAP), settings.expect.encode())


async def _heard(receive: Callable[[], Awaitable[bytes]], expected: bytes) -> bytes:
    said = b""
    while expected not in said and len(said) < BANNER_CAP:
        chunk = await receive()
        if not chunk:
            break
        said += chunk
    return said[:BANNER_CAP]


PROBE = Probe(settings=Settings, target="host:port", check=endpoint, probe=probe, silent=silent, judge=judge)
