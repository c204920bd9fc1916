"""Names are safe in topics, labels and paths, and every side computes an agent's part alone."""

import zlib

import pytest
from hypothesis import given

from contract.ids import PARTS, check_key, is_check_key, is_id, part_of, split_check
from tests.contract.strategies import CHECKS, IDS

# Computed once by an independent crc32 (cksum of gzip's trailer). A change here would move every agent's topic.
PART_VECTORS = {
    "0042-server": "31",
    "0001-server": "48",
    "a": "03",
    "store-9999-agent-1": "03",
    "0" * 63: "63",
}


@pytest.mark.parametrize(("agent", "part"), PART_VECTORS.items())
def test_the_part_of_an_agent_never_changes(agent: str, part: str) -> None:
    assert part_of(agent) == part


@given(IDS)
def test_a_part_is_two_digits_below_64(agent: str) -> None:
    part = part_of(agent)
    assert len(part) == 2
    assert int(part) == zlib.crc32(agent.encode()) % PARTS


def test_the_parts_share_a_fleet_evenly() -> None:
    counts = [0] * PARTS
    for store in range(10_000):
        counts[int(part_of(f"{store:04d}-server"))] += 1
    assert min(counts) > 100
    assert max(counts) < 220


@given(IDS)
def test_an_id_is_an_id(name: str) -> None:
    assert is_id(name)


@pytest.mark.parametrize(
    "name", ["", "A", "é", "a b", "a/b", "+", "#", "a\n", "\n", "..", "a.b", "a_b", "٣", "a" * 64, "a\0", '"']
)
def test_what_could_mean_something_in_a_topic_label_or_path_is_no_id(name: str) -> None:
    assert not is_id(name)
    assert not is_check_key(f"{name}/tcp")
    assert not is_check_key(f"pos-01/{name}")


@given(CHECKS)
def test_a_check_key_is_a_ci_and_a_name(key: str) -> None:
    assert is_check_key(key)
    assert check_key(*split_check(key)) == key


@pytest.mark.parametrize("key", ["pos-01", "pos-01/", "/tcp", "0042/pos-01/tcp", "pos-01/tcp\n"])
def test_a_check_key_has_exactly_two_names(key: str) -> None:
    assert not is_check_key(key)
