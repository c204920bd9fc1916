import socket

from hypothesis import given
from hypothesis import strategies as st

from probes.echo import Echo, answered, checksum, request

FOUR = Echo(socket.AF_INET, 7, b"a token.")
SIX = Echo(socket.AF_INET6, 7, b"a token.")
IP_HEADER = bytes([0x45]) + bytes(19)


def reply(echo: Echo, sequence: int) -> bytes:
    kind = 0 if echo.family == socket.AF_INET else 129
    return bytes([kind]) + request(echo, sequence)[1:]


@given(st.binary(max_size=80))
def test_a_packet_with_its_checksum_filled_in_sums_to_nothing(payload: bytes) -> None:
    body = b"\x08\x00\x00\x00" + payload
    filled = body[:2] + checksum(body).to_bytes(2) + body[4:]
    assert checksum(filled) == 0


def test_a_reply_is_recognised_with_and_without_the_ip_header() -> None:
    assert answered(FOUR, reply(FOUR, 3)) == 3
    assert answered(FOUR, IP_HEADER + reply(FOUR, 3)) == 3
    assert answered(SIX, reply(SIX, 65_535)) == 65_535


def test_our_own_request_and_another_programs_reply_are_no_answer() -> None:
    assert answered(FOUR, request(FOUR, 1)) is None
    assert answered(FOUR, reply(Echo(socket.AF_INET, 7, b"another."), 1)) is None


@given(st.binary(max_size=120))
def test_any_bytes_are_survived(packet: bytes) -> None:
    assert answered(FOUR, packet) is None
    assert answered(SIX, packet) is None
