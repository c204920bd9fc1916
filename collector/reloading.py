"""Policy, CMDB and expected hashes while the collector runs: read again when asked, and when their files change.

A file with a mistake changes nothing: what was read before stays in force, and the mistake is said until it is gone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from collector import documents, reading
from collector.clock import Clock
from collector.config import Config
from collector.database import DatabaseError
from collector.engine_loop import EngineLoop
from collector.ingest import Ingest
from contract.documents import DocumentError

_log = logging.getLogger(__name__)
LOOK_EVERY = 30.0  # seconds
MOST_TOLD = 500  # characters
MOST_LOGGED = 20  # mistakes

Stamp = tuple[tuple[int, int, int] | None, ...]


class Reloading:
    """`expected` is what agents should run by, `refused` the first of what was wrong with the files when they were last
    read, `read_at` when what is in force was read (seconds UTC). All of it belongs to the event loop.
    """

    def __init__(  # noqa: PLR0913 - what a reload touches
        self,
        config: Config,
        engine: EngineLoop,
        ingest: Ingest,
        clock: Clock,
        *,
        expected: Mapping[str, str],
        stamp: Stamp,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """`stamp` is of before the files were first read."""
        self.expected = expected
        self.refused = ""
        self.read_at = clock.wall()
        self._sources = documents.sources(config)
        self._engine, self._ingest, self._clock = engine, ingest, clock
        self._look_every = look_every
        self._asked = asyncio.Event()
        self._stamp = stamp

    def ask(self) -> None:
        """Has the files read now, changed or not."""
        self._asked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, which does not wait for a reading that goes on."""
        looking = asyncio.ensure_future(self._look_again_and_again())
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([looking, stopping], return_when=asyncio.FIRST_COMPLETED)
        for one in (looking, stopping):
            one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking

    async def _look_again_and_again(self) -> None:
        while True:
            was_asked = await self._waited()
            stamp = await asyncio.to_thread(stamp_of, documents.files(self._sources))
            if was_asked or stamp != self._stamp:
                self._stamp = stamp  # of before the reading: what is written meanwhile is seen the next time
                await self.reload()

    async def reload(self) -> None:
        """Takes in what the files say; where that cannot be, says why and changes nothing."""
        try:
            read = await reading.elsewhere(self._sources)
            changed = await self._engine.adopt(read)
        except DocumentError as error:
            self._refuse(str(error))
            return
        except (OSError, DatabaseError) as error:
            self._refuse(str(error))
            self._stamp = ()  # not the files' fault: look again
            return
        # After the journal has the CMDB: what a new agent says must not come before its store does.
        self._ingest.adopt(read.registry)
        self.expected = read.expected
        self.refused, self.read_at = "", self._clock.wall()
        _log.info("read again: %s", " and ".join(changed) + " changed" if changed else "nothing changed")

    async def _waited(self) -> bool:
        """Until asked, or for a while; whether it was asked."""
        try:
            await asyncio.wait_for(self._asked.wait(), self._look_every)
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    def _refuse(self, text: str) -> None:
        first, *more = text.splitlines()
        self.refused = f"{first[:MOST_TOLD]} (and {len(more)} more)" if more else first[:MOST_TOLD]
        for line in (first, *more[:MOST_LOGGED]):
            _log.warning("policy and CMDB stay as they were: %s", line)


def stamp_of(paths: Sequence[Path]) -> Stamp:
    """Differs when a file was written or replaced; None for one that is not there."""
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
