"""An agent's log goes back in time: an old image is restored, or its tail is gone. What is so now is still believed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.killing import LANES, agent_yaml, cmdb_yaml
from tests.acceptance.sockets import Till
from tests.acceptance.stack import Stack, running, until

LOG = ("agent.db", "agent.db-wal")
CI = "0001/pos-00"
PACE = 100.0


def states(stack: Stack) -> set[str]:
    """Of the incidents on the till that this is about."""
    ours = [one for one in stack.incidents() if one["ci"] == CI]
    return {"over" if one["state"] in ("resolved", "closed") else "open" for one in ours}


def copied(source: Path, target: Path) -> None:
    for name in LOG:
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copy(source / name, target / name)


@pytest.mark.timeout(900)
@pytest.mark.shows("row 6", "An old image of an agent's log is restored: what its agent measures is believed")
@pytest.mark.parametrize("now_well", [True, False], ids=["failed then, well now", "well then, failing now"])
def test_an_old_image_of_the_log_hides_nothing_and_keeps_nothing_open(
    now_well: bool, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """The image believes what is so now, so the agent records no change: its snapshot alone must put things right."""
    tills = [Till() for _ in range(LANES)]
    image = tmp_path / "image"
    image.mkdir()

    def be(well: bool) -> None:
        if well:
            tills[0].on()
        else:
            tills[0].off()

    with running(Stack(tmp_path / "stack", cmdb_yaml(), agent_yaml(tills, "2s"), PACE)) as stack:
        until(lambda: stack.get("/api/v1/stores/0001")["status"] == "ok", 120, stack)
        if not now_well:
            be(False)
            until(lambda: states(stack) == {"open"}, 60, stack)
        stack.kill("agent")
        copied(stack.folder, image)
        stack.start("agent")
        be(not now_well)
        until(lambda: states(stack) == ({"open"} if now_well else {"over"}), 120, stack)
        stack.kill("agent")
        copied(image, stack.folder)
        be(now_well)
        stack.start("agent")
        until(lambda: ("open" in states(stack)) is not now_well, 120, stack)
        count = sum(one["ci"] == CI for one in stack.incidents())
    for till in tills:
        till.off()
    figure(f"{count} incident{'s' if count > 1 else ''} on the till, {'resolved' if now_well else 'open'}")
