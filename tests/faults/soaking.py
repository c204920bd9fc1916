"""An agent in this process whose targets are all dead, and its figures on standard output, a line of JSON each.

python -m tests.faults.soaking AGENT_YAML SECONDS_BETWEEN_LINES
"""

import asyncio
import json
import os
import sys
import threading
from pathlib import Path

from edge_agent.app import Agent
from edge_agent.config import read
from tillwatch.signals import stop_event


def figures() -> dict[str, float]:
    """`rss` in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "rss": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "fds": len(list(Path("/proc/self/fd").iterdir())) - 1,
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
    }


async def main(config: Path, every: float) -> None:
    agent = Agent(read(config))
    with stop_event() as stop:
        running = asyncio.create_task(agent.run(stop))
        while not running.done():
            await asyncio.wait({running}, timeout=every)
            if not stop.is_set():
                sys.stdout.write(json.dumps(figures()) + "\n")
                sys.stdout.flush()
        running.result()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
