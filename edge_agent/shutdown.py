"""Whether this host is going down: a store that closes for the night says so, and nobody is called."""

import asyncio
from typing import Literal

_WITHIN = 1.0


async def why_stopping() -> Literal["stop", "shutdown"]:
    """`shutdown` when systemd is stopping the host, else `stop`."""
    try:
        process = await asyncio.create_subprocess_exec(
            "systemctl", "is-system-running", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(_WITHIN):
            said, _ = await process.communicate()
    except (OSError, TimeoutError):  # no systemd, or one that is too busy to say
        return "stop"
    return "shutdown" if said.strip() == b"stopping" else "stop"
