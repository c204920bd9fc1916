"""systemd's states through a real process in the place of `systemctl`, which containers and test machines lack."""

import asyncio
import sys
from pathlib import Path

import pytest

from probes.systemd import states
from probes.trouble import Trouble
from tests.probes import peers


def program(folder: Path, body: str) -> str:
    path = folder / "systemctl"
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_each_unit_has_the_state_of_its_own_block(tmp_path: Path) -> None:
    fake = program(
        tmp_path,
        "units = sys.argv[sys.argv.index('--') + 1:]\n"
        "load = {'gone': 'not-found'}\n"
        "print('\\n\\n'.join(f'LoadState={load.get(u, \"loaded\")}\\nActiveState={u}' for u in units))",
    )
    found = asyncio.run(states(["active", "failed", "gone"], fake))
    assert found == {"active": "active", "failed": "failed", "gone": "not-found"}


def test_a_refusal_and_a_missing_program_are_troubles_of_this_machine(tmp_path: Path) -> None:
    refusing = program(tmp_path, "sys.exit('System has not been booted with systemd')")
    assert asyncio.run(states(["pos"], refusing)) == Trouble("local", "System has not been booted with systemd")
    missing = asyncio.run(states(["pos"], str(tmp_path / "nothing")))
    assert isinstance(missing, Trouble)
    assert missing.detail.endswith("No such file or directory")


def test_a_systemctl_that_hangs_is_ended_with_the_probe(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    hanging = program(
        tmp_path, f"open({str(mark)!r}, 'w').write(str(__import__('os').getpid()))\nimport time\ntime.sleep(600)"
    )

    async def scene() -> int:
        task = asyncio.ensure_future(states(["pos"], hanging))
        await peers.eventually(lambda: mark.exists() and mark.read_text() != "")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return int(mark.read_text())

    assert not Path(f"/proc/{asyncio.run(scene())}").exists()
