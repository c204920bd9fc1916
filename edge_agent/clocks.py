"""The host's clocks, and what the collector's acks teach about the wall clock's error.

The wall clock may be wrong at boot and may be stepped at any time; the count of seconds since boot is neither. So the
collector's time is remembered against the latter, and every stamp carries both.
"""

import time
from collections import deque
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from contract.clock import Exchange, delay, offset
from contract.records import Record, Stamp, Transition
from contract.reports import Belief

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STEPPED = 1.0  # seconds; what NTP slews by itself is no reason to touch a record
_SAMPLES = 8
# Seconds. A message that waited in the broker for a collector to come back tells how long it waited, not the time.
_MAX_DELAY = 10.0


class Clock(Protocol):
    """Tells the time; passed in, so that what decides can be tested at any instant."""

    def stamp(self) -> Stamp: ...

    def steady(self) -> float:
        """Seconds that never step and mean nothing but their differences."""
        ...


class HostClock:
    """This host's clocks."""

    def __init__(self) -> None:
        self._boot = boot_id()

    def stamp(self) -> Stamp:
        return Stamp(wall=max(0.0, time.time()), boot=self._boot, up=time.clock_gettime(time.CLOCK_BOOTTIME))

    def steady(self) -> float:
        return time.monotonic()


def boot_id() -> str:
    """This boot's id, as the kernel made it; empty where there is none, and then no two stamps can be compared."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()[:64]
    except OSError:
        return ""


class _Sample(NamedTuple):
    delay: float
    base: float  # the collector's time when this host had been up for 0 s

    def error(self, now: Stamp) -> float:
        """Seconds to add to the wall clock, as far as this exchange can tell: give or take half its delay."""
        return round(self.base - (now.wall - now.up), 6)


class Skew:
    """The wall clock's error: the exchange with the least delay is believed (RFC 5905, section 10)."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=_SAMPLES)

    def learn(self, exchange: Exchange, now: Stamp) -> None:
        """`exchange.arrived` is `now.wall`. An exchange across a step of the clock, or a very late one, is ignored."""
        took = delay(exchange)
        if 0 <= took <= _MAX_DELAY:
            self._samples.append(_Sample(took, offset(exchange) + now.wall - now.up))

    def offset(self, now: Stamp) -> float | None:
        """Seconds to add to this host's wall clock to read the collector's; None: no ack has told yet.

        What an exchange cannot tell from a clock that is right, is none: most clocks are.
        """
        if not self._samples:
            return None
        best = min(self._samples)
        error = best.error(now)
        return error if abs(error) > best.delay / 2 else 0.0

    def doubt(self, now: Stamp) -> float | None:
        """Seconds by which the offset may be wrong; None: there is none."""
        if not self._samples:
            return None
        best = min(self._samples)
        return best.delay / 2 + abs(best.error(now) - (self.offset(now) or 0.0))


def restamped(record: Record, now: Stamp) -> Record:
    """`record` in the frame of today's wall clock, when that was stepped since, within one boot."""
    step = _step(record.decided, now) if isinstance(record, Transition) else 0.0
    if not isinstance(record, Transition) or not step:
        return record
    return msgspec.structs.replace(
        record,
        started_at=max(0.0, record.started_at + step),
        decided=msgspec.structs.replace(record.decided, wall=max(0.0, record.decided.wall + step)),
    )


def redated(held: Belief, told: Stamp, now: Stamp) -> Belief:
    """`held`, which was written at `told`, in the frame of today's wall clock, as `restamped` does for its record."""
    step = _step(told, now)
    return msgspec.structs.replace(held, since=max(0.0, held.since + step)) if step else held


def _step(then: Stamp, now: Stamp) -> float:
    """Seconds by which the wall clock was stepped in between; 0 when that cannot be known."""
    if not now.boot or then.boot != now.boot:
        return 0.0
    step = (now.wall - now.up) - (then.wall - then.up)
    return step if abs(step) >= _STEPPED else 0.0
