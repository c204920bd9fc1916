"""The engines of pysnmp that an event loop keeps: one for all communities, and one for each SNMPv3 login.

An engine costs 67 ms, 0.9 MB and a socket. Within one, pysnmp keeps the keys of a user by name alone, so two devices
that share a user's name but not its passphrase, or one whose passphrase was changed, would be asked with the other key.
"""

import asyncio
import os

from pysnmp.hlapi.v3arch.asyncio import SnmpEngine  # type: ignore[import-untyped]

MAX_ENGINES = 8  # of one loop: logins that were rotated away must not pile up

_engines: dict[asyncio.AbstractEventLoop, dict[object, SnmpEngine]] = {}


class _NoCompiler:
    """Where pysmi is installed, pysnmp would prepare to fetch and compile MIBs, for a second a request."""

    def compile(self, *_names: str, **_options: object) -> dict[str, str]:
        return {}


def _new_engine() -> SnmpEngine:
    made = SnmpEngine()
    made.get_mib_builder().set_mib_compiler(_NoCompiler(), os.devnull)
    return made


def engine(login: object) -> SnmpEngine:
    """The running loop's engine for `login`, made when first asked for; None is the login of all communities."""
    kept = _engines.setdefault(asyncio.get_running_loop(), {})
    found = kept.pop(login, None) or _new_engine()
    kept[login] = found  # the last of them: the one longest unused is first
    if len(kept) > MAX_ENGINES:
        kept.pop(next(iter(kept))).close_dispatcher()
    return found


async def aclose() -> None:
    """Closes the running loop's engines; the next probe makes others."""
    for one in _engines.pop(asyncio.get_running_loop(), {}).values():
        one.close_dispatcher()
    await asyncio.sleep(0)  # asyncio closes the sockets one turn of the loop later
