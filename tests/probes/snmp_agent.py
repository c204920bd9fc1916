"""An SNMP agent on a real socket that has the weaknesses of small devices; pysnmp's codec speaks for it."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pysnmp.proto.api import PROTOCOL_MODULES, decodeMessageVersion  # type: ignore[import-untyped]

TOO_BIG, NO_SUCH_NAME = 1, 2
COLUMN = 10  # numbers in the OID of a column of the interfaces' table


class Weakness(NamedTuple):
    """`room`: values an answer holds, beyond which it is too big; `answers`: how many it gives before it falls silent;
    `circles`: columns begin again at their end."""

    room: int = 1000
    answers: int = 1_000_000
    circles: bool = False
    community: str = "public"


ROBUST = Weakness()


class Agent(asyncio.DatagramProtocol):
    """Has `rows`: (type, value) by OID, the type as pysnmp calls it. `asked` is how many values each request had."""

    def __init__(self, rows: dict[str, tuple[str, Any]], weakness: Weakness) -> None:
        self.rows = {_numbers(oid): value for oid, value in rows.items()}
        self.order = sorted(self.rows)
        self.weakness = weakness
        self.asked: list[int] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, where: Any) -> None:
        version = int(decodeMessageVersion(data))
        speech = PROTOCOL_MODULES[version]
        message, _ = decoder.decode(data, asn1Spec=speech.Message())
        if str(speech.apiMessage.get_community(message)) != self.weakness.community:
            return
        if len(self.asked) >= self.weakness.answers:
            return
        request = speech.apiMessage.get_pdu(message)
        reply = speech.apiMessage.get_response(message)
        wanted = [tuple(oid) for oid, _ in speech.apiPDU.get_varbinds(request)]
        self.asked.append(len(wanted))
        self._answer(speech, request, speech.apiMessage.get_pdu(reply), wanted, version)
        self.transport.sendto(encoder.encode(reply), where)

    def _answer(self, speech: Any, request: Any, response: Any, wanted: list[tuple[int, ...]], version: int) -> None:
        kind = type(request).__name__
        rows = int(speech.apiBulkPDU.get_max_repetitions(request)) if "GetBulk" in kind else 1
        found = [self._at(oid) for oid in wanted] if kind == "GetRequestPDU" else self._following(wanted, rows)
        if len(found) > self.weakness.room:
            speech.apiPDU.set_error_status(response, TOO_BIG)
            speech.apiPDU.set_varbinds(response, [])
            return
        missing = [place for place, (_, value) in enumerate(found) if value is None]
        if version == 0 and missing:
            speech.apiPDU.set_error_status(response, NO_SUCH_NAME)
            speech.apiPDU.set_error_index(response, missing[0] + 1)
            speech.apiPDU.set_varbinds(response, [(oid, speech.null) for oid in wanted])
            return
        absent = None if version == 0 else speech.EndOfMibView() if kind[:3] != "Get" else speech.NoSuchInstance()
        speech.apiPDU.set_varbinds(response, [(oid, _typed(speech, value, absent)) for oid, value in found])

    def _at(self, oid: tuple[int, ...]) -> tuple[tuple[int, ...], Any]:
        return oid, self.rows.get(oid)

    def _following(self, wanted: list[tuple[int, ...]], rows: int) -> list[tuple[tuple[int, ...], Any]]:
        out = []
        for _ in range(rows):
            wanted = [self._next(oid) for oid in wanted]
            out += [self._at(oid) for oid in wanted]
        return out

    def _next(self, oid: tuple[int, ...]) -> tuple[int, ...]:
        place = bisect_right(self.order, oid)
        later = self.order[place] if place < len(self.order) else (*oid, 0)
        if self.weakness.circles and later[:COLUMN] != oid[:COLUMN]:
            return next((one for one in self.order if one[:COLUMN] == oid[:COLUMN]), later)
        return later


@asynccontextmanager
async def speaking(rows: dict[str, tuple[str, Any]], weakness: Weakness = ROBUST) -> AsyncIterator[tuple[int, Agent]]:
    """An agent on 127.0.0.1; gives its port and itself."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(lambda: Agent(rows, weakness), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1], agent
    finally:
        transport.close()
        await asyncio.sleep(0)


def _typed(speech: Any, value: tuple[str, Any] | None, absent: Any) -> Any:
    return absent if value is None else getattr(speech, value[0])(value[1])


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))
