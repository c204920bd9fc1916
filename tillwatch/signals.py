"""SIGINT and SIGTERM as an event: whoever runs something waits for it and ends in order."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_event() -> Iterator[asyncio.Event]:
    """Set by the first SIGINT or SIGTERM; a second one is the system's own again, for the impatient."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def stopped() -> None:
        stop.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, stopped)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def end_in_order() -> None:
    """Until there is an event loop: SIGTERM interrupts as SIGINT does, so that a broker already started is ended."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
