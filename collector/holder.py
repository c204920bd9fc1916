"""Who holds a lease, written so that a successor on the same machine can see that the holder is dead.

A lease would only run out some seconds later, and a collector that was killed should be back at once.
"""

import os
import socket
import uuid
from pathlib import Path


def myself() -> str:
    """Unique for each life of a collector: `<machine and process space>:<pid>:<random>`."""
    return f"{_space()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_gone(holder: str) -> bool:
    """True only when `holder` ran here and its process is no more; what cannot be known is not gone."""
    space, _, rest = holder.partition(":")
    pid = rest.partition(":")[0]
    if space != _space() or space.endswith("/unknown") or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _space() -> str:
    """A pid means something only within one boot, one process namespace and one machine."""
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        namespace = boot = ""
    return f"{socket.gethostname()[:40]}/{namespace}/{boot}" if boot else f"{socket.gethostname()[:40]}/unknown"
