"""Whatever a network can bring is either a report or a dead letter with its reason, within bounded memory."""

import contextlib
import tracemalloc
import zlib
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import codec, topics
from contract.ids import part_of
from contract.rejection import Reason, Rejected
from tests.contract.samples import ACK, BULK, BYE, CMD, EPOCH, GAP, HELLO, LIVE

MIB = 2**20
NESTED = b'{"v":1,"x":' + b"[" * 120_000 + b"]" * 120_000 + b"}"


def damaged(report: Any, **fields: Any) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(msgspec.json.encode(report)), **fields})


def with_text(payload: bytes, old: bytes, new: bytes) -> bytes:
    assert old in payload
    return payload.replace(old, new)


LIVE_JSON = msgspec.json.encode(LIVE)
PACKED = zlib.compress(LIVE_JSON)
CASES: list[tuple[str, Reason, bytes, str]] = [
    ("nothing", "truncated", b"", "truncated"),
    ("half a document", "truncated", LIVE_JSON[:40], "truncated"),
    ("half a compressed stream", "truncated", PACKED[:-6], "stops early"),
    ("only the first byte of zlib", "truncated", b"x", "stops early"),
    ("text", "garbage", b"hello", "malformed"),
    ("binary", "garbage", bytes(range(256)), "malformed"),
    ("broken compression", "garbage", PACKED[:30] + b"\0" * 30 + PACKED[60:], "decompressing"),
    ("compression with a tail", "garbage", PACKED + b"tail", "4 bytes after"),
    ("two documents", "garbage", LIVE_JSON + LIVE_JSON, "trailing"),
    ("not a number", "garbage", with_text(LIVE_JSON, b'"last":9', b'"last":NaN'), "malformed"),
    ("infinity", "garbage", with_text(LIVE_JSON, b'"last":9', b'"last":Infinity'), "malformed"),
    ("half a surrogate pair", "garbage", with_text(LIVE_JSON, b"refused", b"\\ud83d"), "surrogate"),
    ("bytes that are not UTF-8", "garbage", with_text(LIVE_JSON, b"refused", b"\xff\xfe"), "utf-8"),
    ("nested without end", "garbage", NESTED, "recursion"),
    ("a list", "invalid", b"[]", "Expected `object`, got `array`"),
    ("null", "invalid", b"null", "Expected `object`, got `null`"),
    ("an object without fields", "invalid", b"{}", "missing required field `at`"),
    ("an id with a wildcard", "invalid", with_text(LIVE_JSON, b'"pos-01/tcp","before"', b'"+/#","before"'), "regex"),
    ("an id with a line's end", "invalid", with_text(LIVE_JSON, b'tcp","before"', b'tcp\\n","before"'), "regex"),
    ("a status that is none", "invalid", with_text(LIVE_JSON, b'"after":2', b'"after":7'), "Invalid enum value 7"),
    ("a record of no known kind", "invalid", with_text(LIVE_JSON, b'"gap"', b'"gip"'), "Invalid value 'gip'"),
    ("results of nothing", "invalid", damaged(LIVE, results={"checks": ""}), "length >= 1"),
    ("a seq of zero", "invalid", with_text(LIVE_JSON, b'"seq":7', b'"seq":0'), ">= 1"),
    ("no time between measurements", "invalid", with_text(LIVE_JSON, b'"interval":15.0', b'"interval":0'), "> 0.0"),
    ("a huge integer", "invalid", damaged(LIVE, last=2**63), "<= 9007199254740992"),
    (
        "an integer of 5,000 digits",
        "invalid",
        with_text(LIVE_JSON, b'"last":9', b'"last":' + b"9" * 5_000),
        "out of range",
    ),
    ("a number beyond any float", "invalid", with_text(LIVE_JSON, b'"last":9', b'"last":1e999'), "out of range"),
    ("a time after any date", "invalid", damaged(LIVE, at=1e300), "$.at"),
    ("a time before 1970", "invalid", damaged(LIVE, at=-1), "$.at"),
    ("an epoch with a line's end", "invalid", damaged(LIVE, epoch=EPOCH + "\n"), "regex"),
    ("a text too long", "invalid", with_text(LIVE_JSON, b"refused", b"x" * 400), "length <= 300"),
    ("too many records", "invalid", damaged(LIVE, records=[msgspec.to_builtins(GAP)] * 2_001), "length <= 2000"),
    ("a later version", "version", damaged(LIVE, v=2), "version 2"),
    ("a later version of another shape", "version", b'{"v":3,"facts":[]}', "version 3"),
    ("a version that is no number", "invalid", damaged(LIVE, v="one"), "$.v"),
    ("too large, and not looked at", "oversized", b"[" * (codec.MAX_MESSAGE + 1), "262145 bytes"),
]


@pytest.mark.parametrize(("reason", "payload", "detail"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_input_is_rejected_with_its_reason(reason: Reason, payload: bytes, detail: str) -> None:
    with pytest.raises(Rejected) as rejection:
        codec.decode_up("live", payload)
    assert rejection.value.reason == reason
    assert detail.lower() in rejection.value.detail.lower()


def bomb(mebibytes: int) -> bytes:
    """The beginning of a stream that inflates to so many MiB, made without ever having them."""
    packer = zlib.compressobj(9)
    opening = packer.compress(b"[" * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    another = packer.compress(b"[" * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return opening + another * (mebibytes - 1)


@pytest.mark.parametrize(
    "payload", [zlib.compress(b"[" * (codec.MAX_INFLATED + 1)), bomb(200)], ids=["by one", "by far"]
)
def test_a_bomb_is_refused_in_the_memory_of_one_message(payload: bytes) -> None:
    assert len(payload) <= codec.MAX_MESSAGE
    tracemalloc.start()
    with pytest.raises(Rejected) as rejection:
        codec.decode_up("bulk", payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rejection.value.reason == "bomb"
    assert peak < 3 * codec.MAX_INFLATED


def test_a_gigabyte_in_a_megabyte_is_not_even_inflated() -> None:
    payload = bomb(1024)
    assert len(payload) > MIB
    with pytest.raises(Rejected) as rejection:
        codec.decode_up("bulk", payload)
    assert rejection.value.reason == "oversized"


def test_a_message_that_inflates_to_exactly_the_cap_is_read() -> None:
    padded = LIVE_JSON + b" " * (codec.MAX_INFLATED - len(LIVE_JSON))
    assert codec.decode_up("live", zlib.compress(padded)) == LIVE


def test_every_beginning_of_a_compressed_message_is_known_to_be_cut_short() -> None:
    for length in range(len(PACKED)):
        with pytest.raises(Rejected) as rejection:
            codec.decode_up("live", PACKED[:length])
        assert rejection.value.reason == "truncated", length


def test_every_beginning_of_a_readable_message_is_rejected() -> None:
    for length in range(len(LIVE_JSON)):
        beginning = LIVE_JSON[:length]
        with pytest.raises(Rejected) as rejection:
            codec.decode_up("live", beginning)
        # Cut within a number it is not even JSON; cut anywhere else it is a document that stops early.
        assert rejection.value.reason == "truncated" or beginning.endswith((b".", b"-"))


@pytest.mark.parametrize("kind", get_args(topics.Up))
@given(payload=st.binary(max_size=300))
def test_noise_is_a_report_or_rejected_and_nothing_else(kind: topics.Up, payload: bytes) -> None:
    with pytest.raises(Rejected):
        codec.decode_up(kind, payload)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("hello", msgspec.json.encode(HELLO)), ("live", LIVE_JSON), ("live", PACKED), ("bulk", msgspec.json.encode(BULK))],
)
@given(data=st.data())
def test_one_flipped_byte_is_a_report_or_rejected_and_nothing_else(
    kind: topics.Up, payload: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(payload) - 1))
    flipped = payload[:at] + bytes([data.draw(st.integers(0, 255))]) + payload[at + 1 :]
    with contextlib.suppress(Rejected):
        codec.encode(codec.decode_up(kind, flipped))


@pytest.mark.parametrize(
    ("kind", "other"), [("live", HELLO), ("hello", LIVE), ("bye", BULK), ("bulk", BYE), ("hello", BYE)]
)
def test_a_report_on_the_topic_of_another_kind_is_invalid(kind: topics.Up, other: Any) -> None:
    with pytest.raises(Rejected) as rejection:
        codec.decode_up(kind, msgspec.json.encode(other))
    assert rejection.value.reason == "invalid"


def test_what_comes_down_is_rejected_as_carefully() -> None:
    with pytest.raises(Rejected, match=r"^invalid: .*have"):
        codec.decode_ack(damaged(ACK, have=[[1, 2]] * 33))
    with pytest.raises(Rejected, match=r"^invalid: .*'reboot'"):
        codec.decode_cmd(damaged(CMD, kind="reboot"))
    with pytest.raises(Rejected, match=r"^version: "):
        codec.decode_cmd(damaged(CMD, v=9))
    with pytest.raises(Rejected, match=r"^truncated: "):
        codec.decode_ack(b"{")


def test_every_reason_is_tested_here_or_where_topics_and_the_registry_are() -> None:
    elsewhere = {"topic", "part", "unregistered", "bomb", "limited"}
    assert {case[1] for case in CASES} | elsewhere == set(get_args(Reason))


def test_a_foreign_part_is_not_the_same_as_a_foreign_topic() -> None:
    other = f"{(int(part_of('a')) + 1) % 64:02d}"
    with pytest.raises(Rejected) as rejection:
        topics.sender(f"tillwatch/1/{other}/a/live")
    assert rejection.value.reason == "part"
