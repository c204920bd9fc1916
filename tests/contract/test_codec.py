"""Messages survive the way to bytes and back, whatever is in them."""

import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given

from contract import codec
from contract.reports import Ack, Bulk, Cmd, Hello, Live
from contract.results import Result, columns, rows
from contract.status import Status
from tests.contract.samples import BULK, BYE, EPOCH, GAP, HELLO, LIVE, RESULT, SUMMARY, TRANSITION
from tests.contract.strategies import ACKS, CMDS, UPS

REPORTS = [("hello", HELLO), ("live", LIVE), ("bulk", BULK), ("bye", BYE)]


@given(UPS)
def test_whatever_an_agent_says_arrives_as_it_was_said(said: Any) -> None:
    kind, report = said
    assert codec.decode_up(kind, codec.encode(report)) == report


@given(ACKS)
def test_whatever_is_acknowledged_arrives_as_it_was_said(ack: Ack) -> None:
    assert codec.decode_ack(codec.encode(ack)) == ack


@given(CMDS)
def test_whatever_is_asked_arrives_as_it_was_said(cmd: Cmd) -> None:
    assert codec.decode_cmd(codec.encode(cmd)) == cmd


@pytest.mark.parametrize(("kind", "report"), REPORTS)
def test_every_record_and_result_keeps_its_type(kind: Any, report: Any) -> None:
    decoded = codec.decode_up(kind, codec.encode(report))
    assert type(decoded) is type(report)
    assert decoded == report


def test_a_small_message_is_readable_json() -> None:
    payload = codec.encode(BYE)
    assert msgspec.json.decode(payload) == {"v": 1, "at": BYE.at, "epoch": EPOCH, "why": "stop"}


@pytest.mark.parametrize(("size", "first"), [(codec.COMPRESS_ABOVE, b"{"), (codec.COMPRESS_ABOVE + 1, b"x")])
def test_a_message_is_compressed_above_the_bound_and_not_at_it(size: int, first: bytes) -> None:
    short = size - len(msgspec.json.encode(_pulse([RESULT._replace(text="x")])))
    live = _pulse([RESULT._replace(text="x" * (1 + short))])
    assert len(msgspec.json.encode(live)) == size
    assert codec.encode(live)[:1] == first


def test_a_pulse_of_a_store_is_worth_compressing() -> None:
    pulse = _pulse([RESULT] * 50)
    plain, payload = msgspec.json.encode(pulse), codec.encode(pulse)
    assert zlib.decompress(payload) == plain
    assert len(payload) < len(plain) / 3


def test_fields_of_a_later_release_are_ignored_at_every_depth() -> None:
    plain = msgspec.json.decode(msgspec.json.encode(HELLO))
    plain["colour"] = "blue"
    plain["epochs"][0]["colour"] = {"deep": [1, 2]}
    plain["snapshot"][0].append("a later column")
    assert codec.decode_up("hello", msgspec.json.encode(plain)) == HELLO


def test_later_columns_of_results_and_fields_of_records_are_ignored() -> None:
    plain = msgspec.json.decode(msgspec.json.encode(LIVE))
    plain["results"]["later"] = ["a later column", 3]
    plain["records"][0]["mood"] = "bad"
    assert codec.decode_up("live", msgspec.json.encode(plain)) == LIVE


def test_what_a_message_leaves_out_has_its_default() -> None:
    live = codec.decode_up("live", b'{"at": 5, "epoch": "%s", "last": 0, "digest": "%s"}' % (b"0" * 16, b"0" * 16))
    assert live == Live(at=5.0, epoch="0" * 16, last=0, digest="0" * 16)


def test_a_sender_is_told_when_its_message_would_be_refused() -> None:
    noise = [msgspec.structs.replace(TRANSITION, text=_noise(seq), seq=seq + 1) for seq in range(2_000)]
    with pytest.raises(ValueError, match=r"^Bulk of \d+ bytes; a message has at most 262144$"):
        codec.encode(Bulk(at=1.0, epoch=EPOCH, records=noise))


def test_a_full_message_of_ordinary_records_fits() -> None:
    records = [msgspec.structs.replace(TRANSITION, seq=seq + 1) for seq in range(2_000)]
    full = Bulk(at=1.0, epoch=EPOCH, records=[*records[:1_998], GAP, SUMMARY])
    assert codec.decode_up("bulk", codec.encode(full)) == full


def test_a_full_snapshot_of_ordinary_beliefs_fits() -> None:
    full = msgspec.structs.replace(HELLO, snapshot=HELLO.snapshot * 2_000)
    decoded = codec.decode_up("hello", codec.encode(full))
    assert isinstance(decoded, Hello)
    assert len(decoded.snapshot) == 2_000


def _noise(seed: int) -> str:
    """300 characters that zlib cannot shrink much, the same in every run."""
    state, out = seed + 1, []
    for _ in range(300):
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        out.append(chr(0x4E00 + (state >> 40) % 0x5000))
    return "".join(out)


def test_columns_are_the_rows_again() -> None:
    said = [RESULT, Result("ups-01/snmp", Status.OK, 0.5), Result("0-server/host", Status.WARNING, 12.0, "hot")]
    carried = columns(said)
    assert carried is not None
    assert rows(carried) == said
    assert columns([]) is None


def _pulse(rows: list[Result]) -> Live:
    return Live(at=1.0, epoch=EPOCH, last=0, digest="0" * 16, results=columns(rows))
