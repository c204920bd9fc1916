"""Bytes to messages and back: JSON, zlib above 512 bytes, caps on everything, unknown fields ignored. Pure."""

import zlib
from typing import Any, TypeVar

import msgspec

from contract.rejection import Reason, Rejected
from contract.reports import Ack, Bulk, Bye, Cmd, DownReport, Hello, Live, UpReport
from contract.topics import VERSION, Up

MAX_MESSAGE = 256 * 1024
MAX_INFLATED = 4 * 1024 * 1024
COMPRESS_ABOVE = 512  # a pulse of 30 checks is 740 bytes, and 320 with zlib; a lone record gains nothing
_ZLIB_MAGIC = 0x78  # JSON objects open with 0x7b, so one byte tells them apart

_T = TypeVar("_T", Hello, Live, Bulk, Bye, Ack, Cmd)
_encode = msgspec.json.Encoder().encode

_UP_DECODERS: dict[Up, msgspec.json.Decoder[Any]] = {
    "hello": msgspec.json.Decoder(Hello),
    "live": msgspec.json.Decoder(Live),
    "bulk": msgspec.json.Decoder(Bulk),
    "bye": msgspec.json.Decoder(Bye),
}
_ACK = msgspec.json.Decoder(Ack)
_CMD = msgspec.json.Decoder(Cmd)


class _Versioned(msgspec.Struct):
    v: int = VERSION


_VERSION = msgspec.json.Decoder(_Versioned)


def encode(report: UpReport | DownReport) -> bytes:
    """The message's bytes. Raises ValueError beyond `MAX_MESSAGE`: the sender must split, the receiver would refuse."""
    body = _encode(report)
    if len(body) > COMPRESS_ABOVE:
        body = zlib.compress(body, 6)
    if len(body) > MAX_MESSAGE:
        raise ValueError(f"{type(report).__name__} of {len(body)} bytes; a message has at most {MAX_MESSAGE}")
    return body


def decode_up(kind: Up, payload: bytes) -> UpReport:
    """The report that `payload` holds. Raises Rejected, and only that, for whatever bytes a network can bring."""
    report: UpReport = _decode(_UP_DECODERS[kind], payload)
    return report


def decode_ack(payload: bytes) -> Ack:
    return _decode(_ACK, payload)


def decode_cmd(payload: bytes) -> Cmd:
    return _decode(_CMD, payload)


def _decode(decoder: msgspec.json.Decoder[_T], payload: bytes) -> _T:
    body = _inflated(payload)
    try:
        report = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Rejected(*_why_invalid(body, error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason: Reason = "truncated" if "truncated" in str(error) else "garbage"
        raise Rejected(reason, str(error)) from error
    if report.v != VERSION:
        raise Rejected("version", f"version {report.v} of the contract is not spoken here; this is version {VERSION}")
    return report


def _why_invalid(body: bytes, error: msgspec.ValidationError) -> tuple[Reason, str]:
    try:
        spoken = _VERSION.decode(body).v
    except (msgspec.DecodeError, RecursionError):
        spoken = VERSION
    return ("invalid", str(error)) if spoken == VERSION else ("version", f"version {spoken}: {error}")


def _inflated(payload: bytes) -> bytes:
    if len(payload) > MAX_MESSAGE:
        raise Rejected("oversized", f"{len(payload)} bytes; a message has at most {MAX_MESSAGE}")
    if not payload or payload[0] != _ZLIB_MAGIC:
        return payload
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(payload, MAX_INFLATED + 1)
    except zlib.error as error:
        raise Rejected("garbage", str(error)) from error
    if len(body) > MAX_INFLATED:
        raise Rejected("bomb", f"{len(payload)} bytes inflate to more than {MAX_INFLATED}")
    if not stream.eof:
        raise Rejected("truncated", "the compressed stream stops early")
    if stream.unused_data:
        raise Rejected("garbage", f"{len(stream.unused_data)} bytes after the compressed stream")
    return body
