"""The collector as it would be with synchronous=NORMAL: what `./run faults` must be able to catch."""

import asyncio
import sys
from pathlib import Path

from collector.app import Collector
from collector.config import read


def main(config: Path) -> None:
    collector = Collector(read(config))
    # The only connection that writes, outside of any transaction: within one the pragma has no effect.
    pooled = collector.database._writer.raw_connection()
    pooled.cursor().execute("PRAGMA synchronous = NORMAL")
    pooled.close()
    asyncio.run(collector.run(asyncio.Event()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
