"""Where a desk's address may lead: never to this machine or into the network behind it unless that was allowed.

Looked at for each connection, after the name was resolved: a name that was fine yesterday may point inward today.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

Address = IPv4Address | IPv6Address
# aiohttp's: family, type, protocol, canonical name, socket address
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class Inward(OSError):  # noqa: N818 - a condition
    """The address is one that this desk may not lead to."""


def refusal(address: Address, *, private: bool) -> str:
    """Why the address may not be connected to; empty when it may.

    `private` allows the inside (RFC 1918, RFC 4193, loopback …). Link-local is never allowed: no help desk lives there,
    but the metadata services of clouds do, at 169.254.169.254.
    """
    plain = _embedded(address)
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        return f"{address} is link-local, multicast or unspecified; a help desk is never there"
    if not plain.is_global and not private:
        return f"{address} is an address of the inside; if the help desk is there, write allow_private: true"
    return ""


def sockets(*, private: bool) -> Callable[[AddressInfo], socket.socket]:
    """For aiohttp's connector: makes the socket for an address, or raises Inward."""

    def made(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, where = info
        if why := refusal(ip_address(str(where[0]).partition("%")[0]), private=private):
            raise Inward(why)
        return socket.socket(family, kind, protocol)

    return made


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does: mapped, 6to4 and NAT64 lead inward as well."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None or address.sixtofour is not None:
        return address.ipv4_mapped or address.sixtofour or address
    if int(address) >> 32 == 0x0064_FF9B << 64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
