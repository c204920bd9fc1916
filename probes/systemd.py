"""The states of systemd units, by asking `systemctl` once for all of them."""

import asyncio
from collections.abc import Sequence

from probes.trouble import Trouble

_PROPERTIES = "LoadState,ActiveState"


async def states(units: Sequence[str], systemctl: str = "systemctl") -> dict[str, str] | Trouble:
    """`active`, `failed`, `activating`, `inactive` … of each of `units`; `not-found` for one that does not exist."""
    try:
        process = await asyncio.create_subprocess_exec(
            systemctl,
            "show",
            f"--property={_PROPERTIES}",
            "--",
            *units,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return Trouble("local", f"{systemctl}: {error.strerror or error}")
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        return Trouble("local", complaint.decode(errors="replace").strip())
    return parsed(units, said.decode(errors="replace"))


def parsed(units: Sequence[str], said: str) -> dict[str, str]:
    """One block of lines a unit, in the order asked, separated by an empty line.

    >>> parsed(["pos", "no"], "LoadState=loaded\\nActiveState=active\\n\\nLoadState=not-found\\n")
    {'pos': 'active', 'no': 'not-found'}
    """
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in said.strip().split("\n\n")]
    return {unit: _state(block) for unit, block in zip(units, blocks, strict=False)}


def _state(block: dict[str, str]) -> str:
    return "not-found" if block.get("LoadState") == "not-found" else block.get("ActiveState", "unknown")
