"""A help desk beside the processes: the tests' ticket server, on a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.collector.desk.tracker import Tracker, tracker


@contextmanager
def help_desk() -> Iterator[Tracker]:
    """A desk that is up until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = tracker()
    try:
        yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(30)
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def settings(folder: Path, desk: Tracker) -> dict[str, Any]:
    """What collector.yaml says of it."""
    (folder / "token").write_text("secret-token\n")
    one = {"name": "desk", "kind": "rt", "url": desk.url, "token_file": "token", "mode": "live"}
    return {"help_desk": [one | {"poll": "1s", "timeout": "3s", "rate": 200, "allow_private": True}]}
