"""A short run of what `./run faults` does at length: the real agent is recorded, and its power cut."""

from pathlib import Path
from random import Random

import pytest

from tests.faults import agent_cuts, disk
from tests.faults.disk import SECTOR, Disk
from tests.faults.recording import Entry, Kind, recorder


@pytest.mark.parametrize(("program", "loses"), [(agent_cuts.PRODUCT, False), (agent_cuts.CARELESS, True)])
def test_a_power_cut_takes_back_what_was_told_only_when_commits_are_not_synced(
    program: tuple[str, ...], loses: bool, tmp_path: Path
) -> None:
    entries = agent_cuts.recorded(tmp_path / "agent", recorder(tmp_path), 2, program=program)
    left = Disk()
    for entry in entries:
        left.take(entry)
    disk.write(left.certain(), tmp_path / "cut")
    told = agent_cuts.told_before(entries, len(entries))
    assert len(told) > 0
    assert bool(agent_cuts.differing(agent_cuts.opened(tmp_path / "cut"), told)) is loses


def entry(kind: Kind, path: str, offset: int = 0, data: bytes = b"") -> Entry:
    return Entry(kind, 0.0, 3, path, offset, data)


def cuts(*entries: Entry) -> list[disk.Image]:
    """A hundred images that a cut after these may leave."""
    held = Disk()
    for one in entries:
        held.take(one)
    return [held.after_a_cut(Random(seed)) for seed in range(100)]


NAMED = (entry(Kind.CREATE, "a"), entry(Kind.SYNC_FOLDER, ""))


def test_what_was_synced_is_there_after_every_cut_and_what_was_not_may_be_kept_lost_or_torn() -> None:
    synced = entry(Kind.WRITE, "a", 0, b"s" * 10)
    late = entry(Kind.WRITE, "a", 10, b"l" * 2 * SECTOR)
    contents = {image["a"] for image in cuts(*NAMED, synced, entry(Kind.SYNC, "a"), late)}
    assert {content[:10] for content in contents} == {b"s" * 10}
    assert b"s" * 10 in contents
    assert b"s" * 10 + b"l" * 2 * SECTOR in contents
    assert b"s" * 10 + b"l" * (SECTOR - 10) in contents, "torn after its first sector"
    assert b"s" * 10 + bytes(SECTOR - 10) + b"l" * SECTOR in contents, "torn before its second sector"


def test_a_name_is_certain_once_its_folder_is_synced() -> None:
    assert {"a" in image for image in cuts(entry(Kind.CREATE, "a"))} == {True, False}
    assert all("a" in image for image in cuts(*NAMED))
    renamed = cuts(*NAMED, entry(Kind.RENAME, "a", data=b"b"))
    assert {tuple(image) for image in renamed} == {("a",), ("b",)}
    assert {tuple(image) for image in cuts(*NAMED, entry(Kind.UNLINK, "a"))} == {("a",), ()}
