"""The power of an agent's host is cut: nothing that it told is gone from its log, and it starts by itself."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from tests.faults import agent_cuts, disk
from tests.faults.agent_cuts import Told
from tests.faults.disk import Image
from tests.faults.recording import Kind, recorder

CUTS = int(os.environ.get("TILLWATCH_AGENT_CUTS", "250"))
RECORDINGS = int(os.environ.get("TILLWATCH_RECORDINGS", "5"))
SECONDS = float(os.environ.get("TILLWATCH_RECORDED_SECONDS", "20"))
SIDE_BY_SIDE = os.cpu_count() or 1


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorder(tmp_path_factory.mktemp("recorder"))


@pytest.mark.timeout(7200)
@pytest.mark.shows("3.1", "Power cuts of an agent lose nothing that it told, and it opens its log unaided (row 2)")
def test_a_power_cut_takes_back_nothing_that_was_told(
    library: Path, tmp_path: Path, figure: Callable[[str], None], progress: Callable[[int, int], None]
) -> None:
    """Each recording but the first is of an agent that starts on what a cut has left of the one before."""
    begin: Image = {}
    before: Told = {}
    told, operations, checkpoints, looks = 0, 0, 0, []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for seed in range(RECORDINGS):
            entries = agent_cuts.recorded(tmp_path / f"{seed}", library, SECONDS, begin)
            operations += len(entries)
            checkpoints += sum(one.kind is Kind.SYNC and one.path == "agent.db" for one in entries)
            cuts = random.Random(seed).sample(range(len(entries) + 1), len(range(seed, CUTS, RECORDINGS)))
            last: tuple[Image, Told] = begin, before
            for cut, image in disk.images(entries, cuts, seed, begin):
                expected = before | agent_cuts.told_before(entries, cut)
                told += len(expected)
                disk.write(image, tmp_path / f"{seed}-{cut}")
                looks.append(pool.submit(wrong, tmp_path / f"{seed}-{cut}", expected))
                last = image, expected
            begin, before = last
        for done, _ in enumerate(as_completed(looks), start=1):
            progress(done, len(looks))
    found = [text for look in looks for text in look.result()]
    figure(
        f"{len(looks)} cuts among {operations} operations of {RECORDINGS} lives ({checkpoints} checkpoints),"
        f" {told} told records looked up: {len(found)} lost, missing or believed wrongly"
    )
    assert found == []


def wrong(folder: Path, told: Told) -> list[str]:
    """What is not as it must be in what the cut left in `folder`, whose name says which cut it was."""
    log = agent_cuts.opened(folder)
    believed = agent_cuts.newest(log)
    return [
        *(f"{folder.name}: {number} was told and is gone" for number in agent_cuts.differing(log, told)),
        *(f"{folder.name}: {number} was given and is gone" for number in agent_cuts.holes(log)),
        *(f"{folder.name}: {check} is not believed as recorded" for check in believed.items() ^ log.beliefs.items()),
        *([f"{folder.name}: {log.dropped} counted as dropped"] if log.dropped else []),
        *([f"{folder.name}: set aside as damaged"] if log.aside else []),
    ]


@pytest.mark.timeout(600)
@pytest.mark.shows("3.1", "The same cuts of an agent with synchronous=NORMAL lose told records: the recorder can fail")
def test_without_a_sync_at_each_commit_told_records_are_lost(
    library: Path, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    entries = agent_cuts.recorded(tmp_path / "careless", library, 5, program=agent_cuts.CARELESS)
    cuts = random.Random(0).sample(range(len(entries) // 2, len(entries)), 10)
    lost = 0
    for cut, image in disk.images(entries, cuts, 0):
        folder = tmp_path / str(cut)
        disk.write(image, folder)
        lost += bool(agent_cuts.differing(agent_cuts.opened(folder), agent_cuts.told_before(entries, cut)))
    figure(f"{lost} of {len(cuts)} cuts lost something")
    assert lost > 0
