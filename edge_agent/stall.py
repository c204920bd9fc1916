"""Cuts off a probe that blocks the event loop, so that the others are late by two seconds and not for ever.

asyncio can cancel only what awaits. A thread therefore asks the loop for a sign; when none comes it sends the main
thread a signal, whose handler raises in the middle of the probe that is running: in its own Python code, or out of a
sleep or a system call. What hangs inside a C library that is deaf to signals, or does not run on the main thread,
cannot be reached; for that there is the watchdog of the service (docs/agent.md).
"""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

BLOCKED_AFTER = 1.5  # seconds without a sign from the loop
ASKED_EVERY = 0.5
_SIGNAL = signal.SIGURG  # ignored by default, so one that comes late harms nobody
_PROBE = "probe of "


class Blocked(Exception):  # noqa: N818 - reads as what it is
    """Raised inside a probe that blocks the event loop."""


def task_name(check: str) -> str:
    """What the task of a check's probe is called; only such a task is ever cut off."""
    return f"{_PROBE}{check}"


@contextmanager
def cut_off(note: Callable[[str], None]) -> Iterator[None]:
    """While it lasts, the running loop's blocking probes are cut off and told to `note`. Idle off the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(_SIGNAL, lambda _number, frame: _raise(frame, note))
    ending = threading.Event()
    asking = threading.Thread(target=_ask, args=(asyncio.get_running_loop(), ending), name="stall", daemon=True)
    asking.start()
    try:
        yield
    finally:
        ending.set()
        signal.signal(_SIGNAL, before)


def _raise(frame: FrameType | None, note: Callable[[str], None]) -> None:
    """On the main thread, in the middle of whatever blocks it."""
    task = asyncio.current_task()
    name = task.get_name() if task is not None else ""
    where = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}" if frame else "nowhere"
    if not name.startswith(_PROBE):
        note(f"the agent stood still for {BLOCKED_AFTER:g} s, at {where}")
        return
    note(
        f"{name.removeprefix(_PROBE)}: its probe blocked the agent for {BLOCKED_AFTER:g} s and was cut off, at {where}"
    )
    raise Blocked(f"it blocked the agent for {BLOCKED_AFTER:g} s and was cut off")


def _ask(loop: asyncio.AbstractEventLoop, ending: threading.Event) -> None:
    main = threading.main_thread().ident
    while not ending.wait(ASKED_EVERY) and not loop.is_closed():
        answered = threading.Event()
        with suppress(RuntimeError):  # closed just now
            loop.call_soon_threadsafe(answered.set)
        asked = time.monotonic()
        while not answered.wait(BLOCKED_AFTER) and not ending.is_set():
            late, asked = time.monotonic() - asked - BLOCKED_AFTER, time.monotonic()
            # Woken late, we did not run either: the whole process was stopped, or the machine has too much to do.
            if late < BLOCKED_AFTER and main is not None:
                signal.pthread_kill(main, _SIGNAL)
