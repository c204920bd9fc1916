"""Asks an SNMP agent for single values and for tables, and keeps what it got when the agent falls silent.

SNMP v1 (RFC 1157) refuses a whole request for one value that it does not have; v2c and v3 (RFC 3416) answer each by
itself. Any of them may find an answer too big. pysnmp speaks the protocol; its own patience is not used, because it
counts in steps of half a second.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from pyasn1.type import univ  # type: ignore[import-untyped]
from pysnmp.error import PySnmpError  # type: ignore[import-untyped]
from pysnmp.hlapi.v3arch import asyncio as hlapi  # type: ignore[import-untyped]
from pysnmp.proto import errind  # type: ignore[import-untyped]
from pysnmp.proto.rfc1902 import IpAddress, TimeTicks  # type: ignore[import-untyped]

from probes.address import Endpoint, addresses
from probes.snmp_session import engine
from probes.snmp_values import Reading, Value, after, inside
from probes.text import cleaned
from probes.trouble import Trouble, of_error, silence

CHUNK = 16  # values a request: small devices have small buffers
REPETITIONS = 10  # rows a request for a table
MAX_REQUESTS = 200  # for one table
MAX_VALUES = 10_000  # of one table
MAX_TEXT = 1024  # characters of a value
TOO_BIG, NO_SUCH_NAME = 1, 2

_AUTH = {
    "md5": hlapi.USM_AUTH_HMAC96_MD5,
    "sha": hlapi.USM_AUTH_HMAC96_SHA,
    "sha224": hlapi.USM_AUTH_HMAC128_SHA224,
    "sha256": hlapi.USM_AUTH_HMAC192_SHA256,
    "sha384": hlapi.USM_AUTH_HMAC256_SHA384,
    "sha512": hlapi.USM_AUTH_HMAC384_SHA512,
}
_PRIV = {
    "des": hlapi.USM_PRIV_CBC56_DES,
    "aes": hlapi.USM_PRIV_CFB128_AES,
    "aes192": hlapi.USM_PRIV_CFB192_AES,
    "aes256": hlapi.USM_PRIV_CFB256_AES,
}
# The agent lives, and does not accept who asks: that is our configuration, not its fault.
_REFUSED = (
    errind.UnknownUserName,
    errind.WrongDigest,
    errind.AuthenticationFailure,
    errind.AuthenticationError,
    errind.UnsupportedSecurityLevel,
    errind.DecryptionError,
)


class Community(msgspec.Struct, frozen=True):
    name: str
    version: Literal["1", "2c"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An SNMPv3 login. Without `auth_key` nothing is authenticated, without `priv_key` nothing is encrypted."""

    name: str
    auth: str = "sha"
    auth_key: str = ""
    priv: str = "aes"
    priv_key: str = ""
    context: str = ""


class Line(NamedTuple):
    """How to ask one agent: each request at most `tries` times, waiting `wait` seconds for an answer each time."""

    engine: Any
    login: Any
    transport: Any
    context: Any
    v1: bool
    wait: float
    tries: int


async def line(end: Endpoint, login: Community | User, wait: float, tries: int) -> Line | Trouble:
    try:
        family, where = (await addresses(end))[0]
    except OSError as error:
        return of_error(error)
    make = _Udp6 if family == socket.AF_INET6 else _Udp
    # The answer to a request that we gave up is still recognised, and ignored, for a second.
    transport = await make.create(where, timeout=wait + 1, retries=0)
    if isinstance(login, Community):
        version = {"1": 0, "2c": 1}[login.version]
        community = hlapi.CommunityData(login.name, mpModel=version)
        return Line(engine(None), community, transport, hlapi.ContextData(), version == 0, wait, tries)
    user = hlapi.UsmUserData(
        login.name,
        authKey=login.auth_key or None,
        privKey=login.priv_key or None,
        authProtocol=_AUTH[login.auth] if login.auth_key else None,
        privProtocol=_PRIV[login.priv] if login.priv_key else None,
    )
    context = hlapi.ContextData(contextName=login.context.encode())
    return Line(engine(login), user, transport, context, False, wait, tries)


async def get(line: Line, oids: Sequence[str]) -> Reading:
    """The values of `oids` that the agent has."""
    values: dict[str, Value] = {}
    waiting = [list(oids[at : at + CHUNK]) for at in range(0, len(oids), CHUNK)]
    while waiting:
        some = waiting.pop(0)
        answer = await _asked(line, hlapi.get_cmd, some)
        if isinstance(answer, Trouble):
            return Reading(values, answer)
        if answer.error:
            waiting = [*_smaller(some, answer), *waiting]
        else:
            values |= {oid: value for oid, value in answer.pairs if value is not None and oid in some}
    return Reading(values)


async def walk(line: Line, columns: Sequence[str]) -> Reading:
    """The values below each of `columns`, row by row, so that what is read when the agent falls silent are rows."""
    values: dict[str, Value] = {}
    reached = {column: column for column in columns}  # of each column that is not read to its end
    repetitions = REPETITIONS
    for _ in range(MAX_REQUESTS):
        if not reached:
            return Reading(values)
        answer = await _asked(line, _next_rows(line, repetitions), list(reached.values()))
        if isinstance(answer, Trouble):
            return Reading(values, answer)
        if answer.error == NO_SUCH_NAME and 1 <= answer.at <= len(reached):
            del reached[list(reached)[answer.at - 1]]  # how v1 says that a table ends
        elif answer.error == TOO_BIG and repetitions > 1:
            repetitions //= 2
        elif answer.error or not _advanced(reached, answer.pairs, values):
            return Reading(values, Trouble("protocol", "the table could not be read to its end"))
        if len(values) > MAX_VALUES:
            break
    return Reading(values, Trouble("protocol", f"the table is longer than {len(values)} values"))


class _Answer(NamedTuple):
    """`error` as in RFC 3416, 0 for none; `at` is which of the values it is about, counted from 1, 0 for all."""

    error: int
    at: int
    pairs: list[tuple[str, Value | None]]


def _smaller(some: list[str], answer: _Answer) -> list[list[str]]:
    """What to ask instead of `some`: without the one that the agent does not have, or in two halves."""
    if answer.error != TOO_BIG and 1 <= answer.at <= len(some):
        rest = some[: answer.at - 1] + some[answer.at :]
        return [rest] if rest else []
    half = len(some) // 2
    return [some[:half], some[half:]] if half else []


def _advanced(reached: dict[str, str], pairs: list[tuple[str, Value | None]], values: dict[str, Value]) -> bool:
    """Puts a row-wise answer into `values`. False when an answer brings nothing new, or leads back."""
    asked = list(reached)
    if len(pairs) < len(asked) and not pairs:
        return False
    for place, (oid, value) in enumerate(pairs):
        column = asked[place % len(asked)]
        if column not in reached:
            continue  # read to its end: agents repeat the end in every further row
        if value is None or not inside(oid, column):
            del reached[column]
        elif after(oid, reached[column]):
            values[oid], reached[column] = value, oid
        else:
            return False
    return True


_Send = Callable[..., Awaitable[tuple[Any, Any, Any, Sequence[Any]]]]


def _next_rows(line: Line, repetitions: int) -> _Send:
    if line.v1:
        return hlapi.next_cmd  # type: ignore[no-any-return]

    def bulk(engine: Any, login: Any, transport: Any, context: Any, *oids: Any, **options: Any) -> Any:
        return hlapi.bulk_cmd(engine, login, transport, context, 0, repetitions, *oids, **options)

    return bulk


async def _asked(line: Line, send: _Send, oids: Sequence[str]) -> _Answer | Trouble:
    objects = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids]
    for _ in range(line.tries):
        try:
            async with asyncio.timeout(line.wait):
                sent = send(line.engine, line.login, line.transport, line.context, *objects, lookupMib=False)
                indication, error, at, pairs = await sent
        except TimeoutError:
            continue
        except PySnmpError as failure:
            return Trouble("local", cleaned(str(failure).strip().rpartition("\n")[2], 120))
        if indication:
            return Trouble("not permitted" if isinstance(indication, _REFUSED) else "protocol", str(indication))
        return _Answer(int(error), int(at), [(str(oid), plain(value)) for oid, value in pairs])
    return silence(line.wait * line.tries)


def plain(value: Any) -> Value | None:
    """`value` as Python's own: TimeTicks as seconds, octets as text; None for one that is not there."""
    match value:
        case univ.Null():
            return None
        case TimeTicks():
            return int(value) / 100
        case univ.Integer():
            return int(value)
        case IpAddress() | univ.ObjectIdentifier():
            return str(value.prettyPrint())
        case univ.OctetString():
            return bytes(value)[:MAX_TEXT].decode(errors="replace").rstrip("\0")
        case _:
            return cleaned(str(value))


class _Udp(hlapi.UdpTransportTarget):  # type: ignore[misc]
    """To an address that is known: pysnmp's own look-up is left out."""

    async def _resolve_address(self, where: Any) -> Any:
        return where


class _Udp6(hlapi.Udp6TransportTarget):  # type: ignore[misc]
    """The same for IPv6."""

    async def _resolve_address(self, where: Any) -> Any:
        return where
