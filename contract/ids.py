"""Names of stores, agents, configuration items and checks: `[a-z0-9-]{1,63}`, safe in topics, labels and paths."""

import re
import zlib

PARTS = 64
ID_PATTERN = r"^[a-z0-9-]{1,63}\Z"
CHECK_PATTERN = r"^[a-z0-9-]{1,63}/[a-z0-9-]{1,63}\Z"

_ID = re.compile(ID_PATTERN)
_CHECK = re.compile(CHECK_PATTERN)


def is_id(text: str) -> bool:
    return _ID.match(text) is not None


def check_key(ci: str, name: str) -> str:
    """A check's name within its agent: `pos-01/tcp`. `ci` is bare: the agent's own store is never in the payload."""
    return f"{ci}/{name}"


def is_check_key(text: str) -> bool:
    return _CHECK.match(text) is not None


def split_check(key: str) -> tuple[str, str]:
    """`pos-01/tcp` → (`pos-01`, `tcp`)."""
    ci, _, name = key.partition("/")
    return ci, name


def part_of(agent: str) -> str:
    """The two-digit share of the fleet that `agent` belongs to: crc32(id) % 64, so every side computes it alone."""
    return f"{zlib.crc32(agent.encode()) % PARTS:02d}"
