"""The agent as it would be with synchronous=NORMAL: what `./run faults` must be able to catch."""

import asyncio
import signal
import sys
from pathlib import Path

from edge_agent.app import Agent
from edge_agent.config import read
from edge_agent.disk import DiskLog
from edge_agent.memory import MemoryLog


class CarelessAgent(Agent):
    def _open(self, left: MemoryLog | None) -> DiskLog | MemoryLog:
        log = super()._open(left)
        if isinstance(log, DiskLog):
            log._db.execute("PRAGMA synchronous = NORMAL")
        return log


async def main(config: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await CarelessAgent(read(config)).run(stop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
