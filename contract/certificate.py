"""Reads from a certificate of our own until when it is valid and for whom: what a store must know without a library.

Only the few fields that are needed, out of the DER of X.509 (source: RFC 5280, section 4.1; X.690 for the encoding).
Nothing is verified here: that is the business of TLS.
"""

import ssl
from datetime import UTC, datetime
from typing import NamedTuple

_SEQUENCE, _SET, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x31, 0xA0, 0x17, 0x18
_COMMON_NAME = bytes.fromhex("0603550403")
_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


class Certificate(NamedTuple):
    """`begins` and `ends` in seconds since 1970; `name` is the subject's common name, empty when it has none."""

    begins: float
    ends: float
    name: str


class _Value(NamedTuple):
    tag: int
    body: bytes
    whole: bytes


def first_of(pem: str) -> Certificate:
    """The first certificate of a PEM file, which is the one that its key belongs to. Raises ValueError."""
    begin, end = pem.find(_BEGIN), pem.find(_END)
    if begin < 0 or end < begin:
        raise ValueError("holds no certificate in PEM form")
    return of_der(ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)]))


def of_der(der: bytes) -> Certificate:
    """Raises ValueError for what is not a certificate."""
    try:
        fields = _inside(_inside(_value(der).body)[0].body)
        if fields[0].tag == _VERSION:
            fields = fields[1:]
        _serial, _algorithm, _issuer, validity, subject = fields[:5]
        begins, ends = _inside(validity.body)
        return Certificate(_instant(begins), _instant(ends), _common_name(subject))
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"is not a certificate: {error}") from error


def _value(data: bytes) -> _Value:
    """The first tag, length and value of `data`."""
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise IndexError("it ends too early")
    return _Value(data[0], data[start : start + length], data[: start + length])


def _inside(body: bytes) -> list[_Value]:
    found = []
    while body:
        value = _value(body)
        found.append(value)
        body = body[len(value.whole) :]
    return found


def _instant(value: _Value) -> float:
    text = value.body.decode("ascii")
    if value.tag == _UTC_TIME:  # two digits for the year: 50 and later are of the last century
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif value.tag != _GENERALIZED_TIME:
        raise ValueError("is not a certificate: a time is expected where none is")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _common_name(subject: _Value) -> str:
    for part in _inside(subject.body):
        for pair in _inside(part.body):
            kind, text = _inside(pair.body)[:2]
            if kind.whole == _COMMON_NAME:
                return text.body.decode("utf-8")
    return ""
