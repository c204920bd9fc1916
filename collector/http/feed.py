"""Committed changes for everybody who listens: encoded once, kept in one bounded buffer, one bounded queue a client.

A client that cannot keep up is not waited for: it is told to resync and let go. Ids are journal positions. Several
events may share one, so a client that resumes gets those of its last position again; each is whole, so twice is fine.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from collector.auth import Person, sees
from collector.http import present
from collector.http.event_shapes import IncidentEvent
from collector.http.instants import shown
from collector.services import ChangeEvent, Services
from rules.course.incident import Incident

BUFFERED = 1_000
CLIENT_QUEUE = 200


class Item(NamedTuple):
    position: int
    region: str
    text: bytes


class Client:
    """One listener. `ending` is why the stream must end; what is `pending` then is not sent any more."""

    __slots__ = ("ending", "pending", "person", "wake")

    def __init__(self, person: Person) -> None:
        self.person = person
        self.pending: deque[Item] = deque()
        self.wake = asyncio.Event()
        self.ending: str | None = None

    def offer(self, item: Item) -> None:
        if self.ending is not None or not sees(self.person, (item.region,)):
            return
        if len(self.pending) >= CLIENT_QUEUE:
            self.end("you read too slowly; connect again")
            return
        self.pending.append(item)
        self.wake.set()

    def end(self, reason: str) -> None:
        self.ending = reason
        self.pending.clear()
        self.wake.set()


class Feed:
    """Listens to the collector once and passes on to many. `floor`: all after that position is in the buffer."""

    def __init__(self, services: Services, on_incident: Callable[[Incident], None]) -> None:
        self._services = services
        self._on_incident = on_incident
        self._clients: set[Client] = set()
        self._buffer: deque[Item] = deque(maxlen=BUFFERED)
        self._floor = services.position()
        self._task = asyncio.create_task(self._pass_on(), name="feed")

    @property
    def alive(self) -> bool:
        return not self._task.done()

    @property
    def listeners(self) -> int:
        return len(self._clients)

    @contextlib.contextmanager
    def joined(self, person: Person) -> Iterator[Client]:
        client = Client(person)
        self._clients.add(client)
        try:
            yield client
        finally:
            self._clients.discard(client)

    def since(self, position: int, person: Person) -> list[Item] | None:
        """What a client that saw `position` has missed, that position's own events included; None: no longer known."""
        if not self._floor <= position <= self._services.position():
            return None
        return [item for item in self._buffer if item.position >= position and sees(person, (item.region,))]

    async def close(self) -> None:
        """Ends every stream. Clients come back when somebody serves again."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._end_all("the collector stops; connect again")

    async def _pass_on(self) -> None:
        try:
            while True:
                await self._pass_on_one_subscription()
                self._buffer.clear()
                self._floor = self._services.position()
                self._end_all("events were lost on the way; connect again")
                await asyncio.sleep(1)
        finally:
            self._end_all("the feed broke off; connect again")

    async def _pass_on_one_subscription(self) -> None:
        subscription = self._services.subscribe()
        try:
            while (event := await subscription.queue.get()) is not None:
                self._take(event)
        finally:
            subscription.close()

    def _take(self, event: ChangeEvent) -> None:
        if event.incident is None:
            return
        self._on_incident(event.incident)
        document = IncidentEvent(shown(event.at), event.position, present.incident(event.incident))
        item = Item(event.position, event.incident.region, encoded("incident", document, event.position))
        if len(self._buffer) == BUFFERED:
            self._floor = self._buffer[0].position + 1
        self._buffer.append(item)
        for client in list(self._clients):
            client.offer(item)

    def _end_all(self, reason: str) -> None:
        for client in list(self._clients):
            client.end(reason)


def encoded(name: str, document: msgspec.Struct, position: int | None = None) -> bytes:
    """An event of the stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). JSON has no newlines."""
    id_ = b"" if position is None else f"id: {position}\n".encode()
    return b"%sevent: %s\ndata: %s\n\n" % (id_, name.encode(), msgspec.json.encode(document))
