"""The http probe against asyncio servers that answer whatever a test needs; nginx is in test_http_nginx.py."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest

from contract.documents import DocumentError
from contract.status import Status
from probes.probe import Unusable, Verdict
from probes.settings import read
from tests.probes import peers
from tests.probes.peers import answering, asked, http_response, serving


def judged(response: bytes, settings: dict[str, Any] | None = None) -> Verdict:
    async def scene() -> Verdict:
        async with serving(answering(response)) as port:
            return await asked("http", f"http://127.0.0.1:{port}/health", settings)

    return asyncio.run(scene())


def test_any_success_is_ok_until_one_code_is_expected() -> None:
    assert judged(http_response(b"", "204 No Content")).status is Status.OK
    verdict = judged(http_response(b"", "204 No Content"), {"expect_status": 200})
    assert (verdict.status, verdict.text) == (Status.CRITICAL, "answered 204, expected 200")
    assert judged(http_response(b"", "401 Unauthorized"), {"expect_status": [200, 401]}).status is Status.OK


def test_an_error_page_names_the_code_and_its_number_is_a_value() -> None:
    verdict = judged(http_response(b"oops", "503 Service Unavailable"), {"contains": "fine"})
    assert verdict.text == "answered 503, expected 200 to 299"
    assert verdict.values["code"] == 503


def test_a_redirect_is_an_answer_of_its_own_and_names_where_it_leads() -> None:
    moved = http_response(b"", "301 Moved", "Location: https://elsewhere.example/\x07\r\n")
    verdict = judged(moved)
    assert verdict.status is Status.CRITICAL
    assert verdict.text.startswith(("answered 301 (to https://elsewhere.example/", "protocol: "))
    assert "\x07" not in verdict.text


def test_redirects_are_followed_as_far_as_allowed() -> None:
    async def hops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        left = int(path.strip(b"/"))
        to = f"Location: /{left - 1}\r\n"
        writer.write(http_response(b"", "302 Found", to) if left else http_response(b"here"))
        await writer.drain()

    async def scene() -> None:
        async with serving(hops) as port:
            url = f"http://127.0.0.1:{port}/2"
            assert (await asked("http", url, {"redirects": 2, "contains": "here"})).status is Status.OK
            verdict = await asked("http", url, {"redirects": 1})
            assert verdict.text == "protocol: more redirects than allowed"

    asyncio.run(scene())


def test_values_in_a_json_body_are_compared_by_equality_and_range() -> None:
    body = http_response(b'{"up": true, "queues": [{"depth": 17}], "name": "a\\u001bb"}')
    ok = [{"path": "up", "equals": True}, {"path": "queues[0].depth", "min": 1, "max": 17}, {"path": "name"}]
    assert judged(body, {"asserts": ok}).status is Status.OK
    deep = judged(body, {"asserts": [{"path": "queues[0].depth", "max": 10, "status": "warning"}]})
    assert (deep.status, deep.text) == (Status.WARNING, "queues[0].depth is 17, more than 10")
    for wrong, text in [
        ({"path": "up", "equals": 1}, "up is true, expected 1"),
        ({"path": "queues[1].depth"}, "nothing at queues[1].depth: stopped before 1"),
        ({"path": "queues[0].depth", "min": 18}, "queues[0].depth is 17, less than 18"),
        ({"path": "up", "min": 0}, "up is true, expected a number"),
        ({"path": "name", "equals": "b"}, 'name is "a\\u001bb", expected "b"'),
    ]:
        verdict = judged(body, {"asserts": [wrong]})
        assert (verdict.status, verdict.text) == (Status.CRITICAL, text)


def test_a_body_that_is_no_json_or_too_large_is_said_to_be_so() -> None:
    up = {"asserts": [{"path": "up"}]}
    assert judged(http_response(b"<html>"), up).text.startswith("the body is not JSON: ")
    assert judged(http_response(b"[" * 100_000), {**up, "body_cap": "1MiB"}).status is Status.CRITICAL
    cut = judged(http_response(b'{"up": 1}' + b" " * 2000), {**up, "body_cap": "1KiB"})
    assert (cut.status, cut.text) == (Status.UNKNOWN, "the body is larger than body_cap: its values cannot be read")


def test_a_text_that_is_missing_is_critical_and_the_body_is_quoted_safely() -> None:
    verdict = judged(http_response(b"closed \x1b]0;for today"), {"contains": "open"})
    assert verdict.text == "the body does not contain 'open'; it begins 'closed ]0;for today'"


def test_an_endless_body_is_read_only_as_far_as_the_cap() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nfine")
        while not writer.is_closing():
            writer.write(b"x" * 65_536)
            await writer.drain()

    async def scene() -> Verdict:
        async with serving(endless) as port:
            return await asked("http", f"http://127.0.0.1:{port}/", {"contains": "fine", "body_cap": "64KiB"})

    assert asyncio.run(scene()).status is Status.OK


def test_a_small_answer_that_inflates_to_a_huge_one_is_read_only_as_far_as_the_cap() -> None:
    bomb = gzip.compress(b"0" * (32 << 20))
    verdict = judged(http_response(bomb, extra="Content-Encoding: gzip\r\n"), {"asserts": [{"path": "up"}]})
    assert verdict.status in (Status.UNKNOWN, Status.CRITICAL)


def test_slow_is_critical_only_where_it_is_set() -> None:
    body = http_response(b"fine")
    assert judged(body, {"warning": "0ms"}).status is Status.WARNING
    assert judged(body, {"warning": "0ms", "critical": "0ms"}).status is Status.CRITICAL
    assert judged(body, {"warning": "1h"}).status is Status.OK


def test_silence_hanging_up_and_another_protocol_are_told_apart() -> None:
    async def scene() -> None:
        async with serving(peers.silent) as port:
            late = await asked("http", f"http://127.0.0.1:{port}/", within=0.1)
        assert late.text == "timed out: no answer within 0.1 s"
        for said, text in [
            (b"", "closed: before the answer was complete"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", "closed: before the answer was complete"),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol: "),
        ]:
            async with serving(answering(said)) as port:
                verdict = await asked("http", f"http://127.0.0.1:{port}/")
            assert verdict.status is Status.CRITICAL
            assert verdict.text.startswith(text)

    asyncio.run(scene())


def test_secrets_are_read_from_files_at_every_probe_and_shown_nowhere(tmp_path: Path) -> None:
    async def scene() -> None:
        token, heard = tmp_path / "token", list[bytes]()
        settings = {"header_files": {"Authorization": str(token)}, "headers": {"X-Store": "0042"}}
        async with serving(answering(http_response(b"no", "403 Forbidden"), heard)) as port:
            for secret in ("Bearer one", "Bearer two"):
                token.write_text(f"{secret}\n")
                verdict = await asked("http", f"http://127.0.0.1:{port}/", settings)
                assert f"Authorization: {secret}\r\n".encode() in heard[-1]
                assert b"X-Store: 0042\r\n" in heard[-1]
                assert "Bearer" not in repr(verdict)
            token.write_text("two\nlines")
            broken = await asked("http", f"http://127.0.0.1:{port}/", settings)
            token.unlink()
            gone = await asked("http", f"http://127.0.0.1:{port}/", settings)
        assert (broken.status, gone.status) == (Status.UNKNOWN, Status.UNKNOWN)
        assert str(token) in broken.text
        assert str(token) in gone.text
        assert len(heard) == 2, "nothing is asked without the secret"

    asyncio.run(scene())


def test_a_body_is_sent_with_the_method_that_is_set() -> None:
    async def mirror(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(http_response(head.split()[0] + b" " + await reader.readexactly(4)))
        await writer.drain()

    async def scene() -> Verdict:
        async with serving(mirror) as port:
            return await asked(
                "http", f"http://127.0.0.1:{port}/", {"method": "POST", "body": "ping", "contains": "POST ping"}
            )

    assert asyncio.run(scene()).status is Status.OK


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example/", "http:///", "http://a:pw@shop.example/"])
def test_a_target_that_is_no_safe_url_is_refused(url: str) -> None:
    with pytest.raises(Unusable):
        asyncio.run(asked("http", url))


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"expect_statu": 200}, "expect_statu: unknown key; did you mean 'expect_status'?"),
        ({"asserts": [{"path": "a..b"}]}, "asserts[0]: found path 'a..b', expected something like data.queue[0].depth"),
        ({"asserts": [{"equals": 1}]}, "asserts[0].path: missing"),
        ({"redirects": 1, "header_files": {"A": "/a"}}, "header_files and redirects exclude each other"),
        ({"headers": {"A": "b\r\nC: d"}}, "header 'A' holds characters that no header may have"),
        ({"header_files": {"A:\n": "/a"}}, "header 'A:\\n' holds characters that no header may have"),
        ({"body_cap": "1GiB"}, "found body_cap 1073741824 bytes, expected at most 4MiB"),
        ({"expect_status": []}, "expect_status: found []"),
        ({"warning": 3}, "warning: found 3, expected a duration such as 15s, 10m or 72h"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        read("http", mapping)
    assert message in str(refusal.value)
