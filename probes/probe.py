"""What a probe is: settings, a question to a device, and a pure judgement of what came back.

    probe = registry.load("tcp")
    settings = read(probe.settings, {...})              # probes.settings
    observation = await observe(probe, target, settings, within=3.0)
    verdict = probe.judge(observation, settings)

A device that refuses, is silent or lies is an observation, never an exception: only `Unusable` (nobody can ask this) is
raised on purpose, and whatever else a probe raises is a defect in the probe that the caller reports as unknown.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from contract.status import Status
from probes.text import cleaned

Settings = TypeVar("Settings", bound=msgspec.Struct)
Observation = TypeVar("Observation", bound=msgspec.Struct)


class Unusable(Exception):  # noqa: N818 - it describes a target or a setting, not a failure of ours
    """A target or settings that cannot be asked at all; the text says what is wrong and what is expected."""


class Verdict(msgspec.Struct, frozen=True):
    """What an observation means. `text` says why and is empty when all is well; `values` have their unit in the key.

    The text may quote a device, so it is cleaned and bounded here, where no kind can forget it.
    """

    status: Status
    text: str = ""
    values: dict[str, float] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "text", cleaned(self.text))


async def nothing_to_close() -> None:
    """What most kinds keep open between probes."""


class Probe(msgspec.Struct, Generic[Settings, Observation], frozen=True, kw_only=True):
    """One kind. `settings` can be made without arguments: every setting has a default.

    target   how a target is written, for people: `host:port`
    check    raises Unusable for a target that is not written so; does no I/O
    probe    asks once; the caller's deadline cancels it, and it closes what it opened
    silent   the observation when the caller's deadline (seconds) passed first: a dead device is a fact, not an error
    judge    pure
    aclose   closes what is kept between probes on the running event loop
    """

    settings: type[Settings]
    target: str
    check: Callable[[str], object]
    probe: Callable[[str, Settings], Awaitable[Observation]]
    silent: Callable[[float], Observation]
    judge: Callable[[Observation, Settings], Verdict]
    aclose: Callable[[], Awaitable[None]] = nothing_to_close


AnyProbe = Probe[Any, Any]


async def observe(probe: Probe[Settings, Observation], target: str, settings: Settings, within: float) -> Observation:
    """Asks once, for at most `within` seconds; silence until then is an observation. Raises Unusable."""
    try:
        async with asyncio.timeout(within):
            return await probe.probe(target, settings)
    except TimeoutError:
        return probe.silent(within)
