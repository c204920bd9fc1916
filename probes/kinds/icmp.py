"""Sends ICMP echo requests to a host and counts what comes back: reachability, loss and round-trip time.

Needs a permission that most systems do not give by default: the agent's group in `net.ipv4.ping_group_range`, or the
capability CAP_NET_RAW. With neither the status is unknown and its text says what to do. The requests are `spacing`
apart and the last is waited for during `wait`: keep the sum below the check's timeout, or a slow loss is silence.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from time import perf_counter
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.status import Status
from contract.units import Duration
from probes.address import Endpoint, addresses, checked_host
from probes.echo import Echo, answered, request
from probes.findings import Finding, slower, verdict
from probes.probe import Probe, Verdict
from probes.trouble import Trouble, of_error, silence

REMEDY = (
    "this agent may not send ICMP echo: give it the capability (systemd: AmbientCapabilities=CAP_NET_RAW) "
    "or run: sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)
_PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
# Without these a router's "host unreachable" would be dropped and look like silence.
_REPORT_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}

SocketMaker = Callable[[int, int, int], socket.socket]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=20, description="echo requests a probe")] = 3
    spacing: Annotated[Duration, Meta(description="time between two requests")] = Duration(0.1)
    wait: Annotated[Duration, Meta(description="how long the last request is waited for")] = Duration(1)
    loss_warning: Annotated[float, Meta(gt=0, le=100, description="loss, in %, from which it is a warning")] = 50
    loss_critical: Annotated[float, Meta(gt=0, le=100, description="loss, in %, from which it is critical")] = 100
    warning: Annotated[Duration | None, Meta(description="a mean round trip slower than this is a warning")] = None
    critical: Annotated[Duration | None, Meta(description="a mean round trip slower than this is critical")] = None


class Observation(msgspec.Struct, frozen=True):
    """`rtts_ms`: one number for each echo that came back."""

    trouble: Trouble | None = None
    sent: int = 0
    rtts_ms: tuple[float, ...] = ()


async def probe(target: str, settings: Settings) -> Observation:
    try:
        family, where = (await addresses(Endpoint(checked_host(target), 0)))[0]
    except OSError as error:
        return Observation(trouble=of_error(error))
    try:
        sock = opened(family)
    except PermissionError:
        return Observation(trouble=Trouble("not permitted", REMEDY))
    except OSError as error:
        return Observation(trouble=of_error(error))
    with sock:
        try:
            sock.connect(where)
            return await _exchange(sock, Echo(family, os.getpid() & 0xFFFF, os.urandom(8)), settings)
        except OSError as error:
            return Observation(trouble=of_error(error))


def silent(seconds: float) -> Observation:
    return Observation(trouble=silence(seconds))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> judge(Observation(sent=3, rtts_ms=(1.0, 3.0)), Settings())
    Verdict(status=<Status.OK: 0>, text='', values={'loss_percent': 33.3, 'rtt_ms': 2.0})
    >>> judge(Observation(sent=3), Settings()).text
    'no answer to 3 echo requests'
    """
    if observation.trouble is not None:
        return Verdict(observation.trouble.status, observation.trouble.text)
    sent, back = observation.sent, len(observation.rtts_ms)
    loss = 100 * (sent - back) / sent
    values = {"loss_percent": round(loss, 1)}
    mean = sum(observation.rtts_ms) / back if back else None
    if mean is not None:
        values["rtt_ms"] = round(mean, 3)
    return verdict([*_lost(sent, back, loss, settings), *_slow(mean, settings)], values)


def _lost(sent: int, back: int, loss: float, settings: Settings) -> list[Finding]:
    text = f"no answer to {sent - back} of {sent} echo requests" if back else f"no answer to {sent} echo requests"
    if loss >= settings.loss_critical:
        return [Finding(Status.CRITICAL, text)]
    return [Finding(Status.WARNING, text)] if loss >= settings.loss_warning else []


def _slow(mean: float | None, settings: Settings) -> list[Finding]:
    return [] if mean is None else slower("the mean round trip took", mean, settings.warning, settings.critical)


def opened(family: int, make: SocketMaker = socket.socket) -> socket.socket:
    """A socket for echoes: the unprivileged kind where the system allows it, else a raw one. Raises OSError."""
    protocol = _PROTOCOL[socket.AddressFamily(family)]
    try:
        sock = make(family, socket.SOCK_DGRAM, protocol)
    except OSError:
        sock = make(family, socket.SOCK_RAW, protocol)
    sock.setblocking(False)
    sock.setsockopt(*_REPORT_ERRORS[socket.AddressFamily(family)], 1)
    return sock


async def _exchange(sock: socket.socket, echo: Echo, settings: Settings) -> Observation:
    sent_at: list[float] = []
    rtts: dict[int, float] = {}
    for sequence in range(settings.count):
        sent_at.append(perf_counter())
        sock.send(request(echo, sequence))
        last = sequence == settings.count - 1
        await _collected(sock, echo, sent_at, rtts, settings.wait if last else settings.spacing)
        if not last and len(rtts) == len(sent_at):
            await asyncio.sleep(max(0.0, sent_at[-1] + settings.spacing - perf_counter()))
    return Observation(sent=len(sent_at), rtts_ms=tuple(rtts.values()))


async def _collected(
    sock: socket.socket, echo: Echo, sent_at: list[float], rtts: dict[int, float], seconds: float
) -> None:
    """Adds to `rtts` what comes back within `seconds`; returns early when nothing is outstanding."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            while len(rtts) < len(sent_at):
                sequence = answered(echo, await loop.sock_recv(sock, 1024))
                if sequence is not None and sequence < len(sent_at) and sequence not in rtts:
                    rtts[sequence] = (perf_counter() - sent_at[sequence]) * 1000
    except TimeoutError:
        return


PROBE = Probe(settings=Settings, target="host", check=checked_host, probe=probe, silent=silent, judge=judge)
