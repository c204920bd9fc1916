import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.address import Address, Endpoint, addresses, endpoint
from probes.probe import Unusable


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("10.0.42.11:8443", ("10.0.42.11", 8443)),
        ("till-1.store.example:80", ("till-1.store.example", 80)),
        ("[2001:db8::1]:9100", ("2001:db8::1", 9100)),
    ],
)
def test_host_and_port_are_taken_apart(target: str, expected: tuple[str, int]) -> None:
    assert endpoint(target) == expected


@pytest.mark.parametrize("target", ["", "host", ":80", "host:", "host:0", "host:65536", "host:-1", "host:٣", "[]:80"])
def test_anything_else_is_refused_with_what_is_expected(target: str) -> None:
    with pytest.raises(Unusable, match="expected"):
        endpoint(target)


def test_an_ipv6_address_without_brackets_is_refused_with_the_remedy() -> None:
    with pytest.raises(Unusable, match="needs brackets"):
        endpoint("2001:db8::1:80")


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_in_another_way(target: str) -> None:
    try:
        end = endpoint(target)
    except Unusable:
        return
    assert 1 <= end.port <= 65_535


def test_an_address_is_not_looked_up_and_a_name_is() -> None:
    assert asyncio.run(addresses(Endpoint("127.0.0.1", 80))) == [Address(socket.AF_INET, ("127.0.0.1", 80))]
    assert Address(socket.AF_INET, ("127.0.0.1", 80)) in asyncio.run(addresses(Endpoint("localhost", 80)))


def test_a_name_that_cannot_be_encoded_is_no_address() -> None:
    with pytest.raises(OSError):
        asyncio.run(addresses(Endpoint("x" * 100 + ".example", 80)))
