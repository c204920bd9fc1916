"""One desk's HTTP: bounded in time, size and rate, and every failure told as either "not now" or "never".

A reading is repeated a few times at once, for it changes nothing. A writing is not: after a time-out nobody knows
whether it was done, so the desk is asked first (collector/desk/tickets.py).
"""

import asyncio
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import aiohttp
import msgspec
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from collector.clock import Clock
from collector.desk.order import Refused, Unavailable
from collector.desk.pace import Bucket
from collector.desk.reach import sockets
from collector.desk.settings import HelpDesk

MOST_ANSWER = 4 * 1024 * 1024
READINGS = 3
BURST = 10


class Answer(NamedTuple):
    status: int
    body: bytes
    etag: str

    def json(self) -> Any:
        """Raises Unavailable: a proxy's page in the place of an answer says nothing about what was done."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise Unavailable(f"the answer is not JSON: {error}", answered=True) from error


class Caller:
    """The session is opened by the first request, on the event loop that makes it."""

    def __init__(self, desk: HelpDesk, clock: Clock) -> None:
        self._clock = clock
        self._bucket = Bucket(desk.rate, BURST)
        self._timeout = aiohttp.ClientTimeout(total=desk.timeout)
        self._ca, self._private = desk.ca, desk.may_be_private
        self._session: aiohttp.ClientSession | None = None

    async def read(self, url: str, headers: Mapping[str, str], **query: str) -> Answer:
        """GET, tried a few times. Raises Unavailable, Refused."""
        trying = AsyncRetrying(
            stop=stop_after_attempt(READINGS),
            wait=wait_random_exponential(multiplier=0.1, max=1.0),
            retry=retry_if_exception(lambda error: isinstance(error, Unavailable) and error.after is None),
            reraise=True,
        )
        answer: Answer = await trying(self.write, "GET", url, headers, None, query)
        return answer

    async def write(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, once. Raises Unavailable, and Refused for what will not change by asking again."""
        await asyncio.sleep(self._bucket.wait(self._clock.steady()))
        try:
            async with self._opened().request(
                method, url, headers=headers, data=body, params=query, allow_redirects=False
            ) as answer:
                found = Answer(answer.status, await _bounded(answer.content), answer.headers.get("ETag", ""))
                _judge(found, answer.headers.get("Retry-After"), self._clock.wall())
                return found
        except TimeoutError as error:
            raise Unavailable(f"no answer from {method} within {self._timeout.total:g} s", answered=True) from error
        except aiohttp.ClientConnectorError as error:  # its own text leaves out why, when a name has several addresses
            raise Unavailable(f"{method} failed: {type(error).__name__}: {error.host}: {error.os_error}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{method} failed: {type(error).__name__}: {error}") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            context = ssl.create_default_context(cafile=self._ca) if self._ca else True
            connector = aiohttp.TCPConnector(limit=8, ssl=context, socket_factory=sockets(private=self._private))
            # A proxy from the environment would see the token; desks are reached directly.
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, trust_env=False)
        return self._session


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    chunks, size = [], 0
    async for chunk in content.iter_chunked(65_536):
        size += len(chunk)
        if size > MOST_ANSWER:
            raise Unavailable(f"the answer is larger than {MOST_ANSWER >> 20} MiB", answered=True)
        chunks.append(chunk)
    return b"".join(chunks)


def _judge(answer: Answer, retry_after: str | None, now: float) -> None:
    if answer.status < 300:
        return
    text = f"answered {answer.status}: {shown(answer.body)}"
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unavailable(text, seconds_asked(retry_after, now), answered=True)
    if answer.status in (401, 407):  # our credentials, and so every lane's trouble: wait for a person, lose nothing
        raise Unavailable(f"{text} (is token_file right?)", 60.0)
    raise Refused(text, answer.status)


def seconds_asked(retry_after: str | None, now: float) -> float | None:
    """Retry-After's seconds, or its date (RFC 9110, section 10.2.3); None for neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def shown(body: bytes) -> str:
    text = body[:300].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text)
