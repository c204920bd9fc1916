"""ICMP echo as bytes: requests to send and replies to recognise (RFC 792 for IPv4, RFC 4443 for IPv6). Pure."""

import socket
import struct
from typing import NamedTuple

_HEADER = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}


class _Header(NamedTuple):
    kind: int
    code: int
    checksum: int
    identifier: int
    sequence: int


class Echo(NamedTuple):
    """`token` tells our replies from those of any other program, and of any other probe, on this machine."""

    family: int
    identifier: int
    token: bytes


def request(echo: Echo, sequence: int) -> bytes:
    """The packet of echo number `sequence`. For IPv6 the system fills in the checksum, which covers its addresses."""
    kind = _REQUEST[socket.AddressFamily(echo.family)]
    bare = _HEADER.pack(kind, 0, 0, echo.identifier, sequence) + echo.token
    return _HEADER.pack(kind, 0, checksum(bare), echo.identifier, sequence) + echo.token


def answered(echo: Echo, packet: bytes) -> int | None:
    """The sequence number that `packet` answers; None when it is anything else, and raw sockets see everything else.

    The identifier is not compared: on unprivileged sockets the system sets its own.

    >>> echo = Echo(socket.AF_INET, 7, b"a token.")
    >>> answered(echo, bytes([0]) + request(echo, 2)[1:]), answered(echo, request(echo, 2))
    (2, None)
    """
    packet = _without_ip_header(echo.family, packet)
    if len(packet) < _HEADER.size or packet[_HEADER.size :] != echo.token:
        return None
    header = _Header._make(_HEADER.unpack_from(packet))
    return header.sequence if header.kind == _REPLY[socket.AddressFamily(echo.family)] else None


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071): the complement of the one's-complement sum of 16-bit words.

    >>> hex(checksum(bytes.fromhex("0001f203f4f5f6f7")))
    '0x220d'
    """
    padded = packet + b"\0" * (len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _without_ip_header(family: int, packet: bytes) -> bytes:
    """Raw IPv4 sockets deliver the IP header too; it opens with version 4, which is no ICMP type that we use."""
    if family == socket.AF_INET and packet and packet[0] >> 4 == 4:
        return packet[4 * (packet[0] & 0x0F) :]
    return packet
