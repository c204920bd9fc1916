"""What a released agent or collector says is understood by this one: its bytes are kept here as they were sent.

A release adds a folder and changes none: `python -m tests.contract.test_frozen RELEASE` writes it.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract import codec
from contract.reports import Live
from contract.results import columns
from tests.contract.samples import ACK, BULK, BYE, CMD, EPOCH, HELLO, LIVE, RESULT

FROZEN = Path(__file__).parent / "frozen"
PULSE = msgspec.structs.replace(LIVE, results=columns([RESULT] * 50))
SAID: dict[str, Any] = {"hello": HELLO, "live": LIVE, "pulse": PULSE, "bulk": BULK, "bye": BYE, "ack": ACK, "cmd": CMD}
RELEASES = sorted(folder.name for folder in FROZEN.iterdir()) if FROZEN.exists() else []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", SAID)
def test_a_message_of_an_earlier_release_means_what_it_meant(release: str, name: str) -> None:
    payload = (FROZEN / release / name).read_bytes()
    assert decoded(name, payload) == SAID[name]


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_is_kept_whole(release: str) -> None:
    assert {path.name for path in (FROZEN / release).iterdir()} == set(SAID)


def test_there_is_a_release_to_be_held_to() -> None:
    assert "0.1.0" in RELEASES


def test_what_an_earlier_release_did_not_say_has_its_default() -> None:
    """The least that a release may send: every field that was ever added later is left out."""
    least = msgspec.json.encode({"at": 1.0, "epoch": EPOCH, "last": 0, "digest": "0" * 16})
    assert codec.decode_up("live", least) == Live(at=1.0, epoch=EPOCH, last=0, digest="0" * 16)


def decoded(name: str, payload: bytes) -> Any:
    match name:
        case "ack":
            return codec.decode_ack(payload)
        case "cmd":
            return codec.decode_cmd(payload)
        case "hello" | "bulk" | "bye":
            return codec.decode_up(name, payload)
        case _:
            return codec.decode_up("live", payload)


if __name__ == "__main__":
    folder = FROZEN / sys.argv[1]
    folder.mkdir(parents=True)
    for said, report in SAID.items():
        (folder / said).write_bytes(codec.encode(report))
