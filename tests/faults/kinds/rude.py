"""Does what its target says, to see that no other check suffers: sleep, spin, hang, deaf, flood, exit or well."""

import asyncio
import sys
import time

import msgspec

from contract.status import Status
from probes.probe import Probe, Verdict


class Settings(msgspec.Struct, frozen=True):
    """None."""


async def probe(target: str, settings: Settings) -> str:
    match target:
        case "sleep":
            time.sleep(3600)  # noqa: ASYNC251 - that it blocks is the point
        case "spin":
            while True:
                pass
        case "hang":
            await asyncio.sleep(3600)
        case "deaf":
            while True:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    continue
        case "flood":
            return "4111 1111 1111 1111 and so on " * (100 * 2**20 // 30)
        case "exit":
            sys.exit(3)
    return ""


def silent(seconds: float) -> str:
    return f"silent for {seconds:g} s"


def judge(observation: str, settings: Settings) -> Verdict:
    return Verdict(Status.CRITICAL if observation else Status.OK, observation)


PROBE = Probe(settings=Settings, target="a way to misbehave", check=str, probe=probe, silent=silent, judge=judge)
