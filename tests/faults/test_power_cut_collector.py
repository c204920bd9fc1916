"""The power of the collector's host is cut: nothing that it acknowledged is gone, and nothing is there twice."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from tests.collector import mosquitto
from tests.faults import collector_cuts, disk
from tests.faults.collector_cuts import Store, Told
from tests.faults.disk import Image
from tests.faults.recording import Kind, recorder

CUTS = int(os.environ.get("TILLWATCH_COLLECTOR_CUTS", "250"))
RECORDINGS = int(os.environ.get("TILLWATCH_RECORDINGS", "5"))
SECONDS = float(os.environ.get("TILLWATCH_RECORDED_SECONDS", "20"))
SIDE_BY_SIDE = os.cpu_count() or 1
CARELESS = ("tests.faults.careless_collector",)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorder(tmp_path_factory.mktemp("recorder"))


@pytest.mark.timeout(7200)
@pytest.mark.shows("3.1", "Power cuts of the collector lose nothing that it acknowledged, double nothing (row 19)")
def test_a_power_cut_takes_back_nothing_that_was_acknowledged(
    library: Path, tmp_path: Path, figure: Callable[[str], None], progress: Callable[[int, int], None]
) -> None:
    """Each recording but the first is of a collector that starts on what a cut has left of the one before."""
    begin: Image = {}
    before: Told = {}
    held = collector_cuts.stores()
    told, operations, checkpoints, looks = 0, 0, 0, []
    with mosquitto.broker(tmp_path) as port, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for seed in range(RECORDINGS):
            entries = collector_cuts.recorded(tmp_path / f"{seed}", library, SECONDS, held, begin)
            operations += len(entries)
            checkpoints += sum(one.kind is Kind.SYNC and one.path == "collector.db" for one in entries)
            cuts = random.Random(seed).sample(range(len(entries) + 1), len(range(seed, CUTS, RECORDINGS)))
            last = begin, before
            for cut, image in disk.images(entries, cuts, seed, begin):
                expected = collector_cuts.told_before(entries, cut, before)
                told += sum(b - a + 1 for have in expected.values() for a, b in have)
                folder = tmp_path / f"{seed}-{cut}"
                disk.write(image, folder / "state")
                looks.append(pool.submit(collector_cuts.wrong, folder, port, expected))
                last = image, expected
            begin, before = last
            remember_only(held, before)
        for done, _ in enumerate(as_completed(looks), start=1):
            progress(done, len(looks))
    found = [text for look in looks for text in look.result()]
    figure(
        f"{len(looks)} cuts among {operations} operations of {RECORDINGS} lives ({checkpoints} syncs of the database),"
        f" {told} acknowledged records looked up, each journal replayed: {len(found)} lost, doubled or inconsistent"
    )
    assert found == []


def remember_only(held: list[Store], told: Told) -> None:
    """The stores know what reached them before the cut."""
    for store in held:
        store.have = told.get((store.agent.name, store.agent.epoch), ())


@pytest.mark.timeout(600)
@pytest.mark.shows("3.1", "The same cuts of the collector with synchronous=NORMAL lose acknowledged records")
def test_without_a_sync_at_each_commit_acknowledged_records_are_lost(
    library: Path, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    held = collector_cuts.stores()
    entries = collector_cuts.recorded(tmp_path / "careless", library, 5, held, {}, program=CARELESS)
    cuts = random.Random(0).sample(range(len(entries) // 2, len(entries)), 6)
    lost = 0
    with mosquitto.broker(tmp_path) as port:
        for cut, image in disk.images(entries, cuts, 0):
            folder = tmp_path / str(cut)
            disk.write(image, folder / "state")
            found = collector_cuts.wrong(folder, port, collector_cuts.told_before(entries, cut, {}))
            lost += any(collector_cuts.LOST in text for text in found)
    figure(f"{lost} of {len(cuts)} cuts lost something")
    assert lost > 0
