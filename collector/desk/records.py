"""The dispatcher's transactions: what the database keeps of a desk. Called in a worker thread."""

import msgspec

from collector.database import Database, decisions, journal, lanes, shadow
from collector.database.lanes import Claimed, Kept, Lease, Setback, Standing
from collector.desk.order import Order, Receipt, Wrote
from collector.desk.settings import HelpDesk
from rules.entries import TicketLinked

_encode = msgspec.json.Encoder().encode
_wrote = msgspec.json.Decoder(Wrote).decode


class Records:
    """One desk's. `holder` is this life of this collector."""

    def __init__(self, database: Database, settings: HelpDesk, holder: str, lease: float) -> None:
        self._database, self._settings, self._holder, self._lease = database, settings, holder, lease
        self._desk = settings.name

    def begin(self) -> None:
        """A desk that is new, and what was only recorded so far and may be sent now: both get what is open.

        But a pager: nobody is called up for what began before there was one.
        """
        with self._database.writing() as connection:
            position = decisions.engine_row(connection).position
            is_new = lanes.begin(connection, self._desk, position)
            if self._settings.kind == "pager":
                return
            if is_new:
                lanes.take_up(connection, self._desk, position)
            for lane, incident in lanes.standing(connection, self._desk):
                wrote = _wrote(lane.wrote) if lane.wrote else Wrote()
                is_wanted = incident.state != "resolved" or bool(lane.ticket)
                if wrote.shadowed and is_wanted and not self._settings.holds_back(incident):
                    sent = msgspec.structs.replace(wrote, shadowed=False)
                    lanes.again(connection, lane, _encode(sent), done=0)

    def next(self, now: float, most: int) -> list[Claimed]:
        """Reads on in the outbox and takes at most `most` lanes."""
        with self._database.writing() as connection:
            while lanes.feed(connection, self._desk, self._settings.told):
                pass
            lease = Lease(self._holder, now, now + self._lease)
            return lanes.claim(connection, self._desk, lease, most, self._settings.told)

    def finished(self, claimed: Claimed, receipt: Receipt, now: float) -> bool:
        """Keeps the mapping, and has the journal say so when it is news. True: the engine has something to do."""
        lane = claimed.lane
        linked = bool(receipt.ticket) and receipt.ticket != lane.ticket
        kept = Kept(receipt.ticket or lane.ticket, receipt.url or lane.url, _encode(receipt.wrote))
        with self._database.writing() as connection:
            if lanes.finish(connection, lane, self._holder, kept) and linked:
                entry = TicketLinked(
                    at=now, incident=lane.incident, system=self._desk, ticket=receipt.ticket, url=receipt.url
                )
                journal.append(connection, [entry])
                return True
        return False

    def intended(self, claimed: Claimed, order: Order) -> None:
        """Before the first request: after a lost answer these words may stand there, and they are ours."""
        wrote = msgspec.structs.replace(order.wrote, meant=order.wording.subject)
        with self._database.writing() as connection:
            lanes.intend(connection, claimed.lane, self._holder, _encode(wrote))

    def recorded(self, claimed: Claimed, order: Order) -> None:
        """Shadow mode: what would have been sent, and the lane as if it had been."""
        lane, words = claimed.lane, order.wording
        body = words.body if order.action == "create" or not words.note else words.note
        unsent = shadow.Unsent(self._desk, lane.incident, order.at, order.action, words.subject, body)
        with self._database.writing() as connection:
            wrote = msgspec.structs.replace(order.wrote, shadowed=True)
            if lanes.finish(connection, lane, self._holder, Kept(lane.ticket, lane.url, _encode(wrote))):
                shadow.keep(connection, unsent)

    def standing(self, incident: str = "") -> list[Standing]:
        """What the desk has a ticket for and all news of, and is not closed; or that of `incident`."""
        with self._database.writing() as connection:
            while lanes.feed(connection, self._desk, self._settings.told):  # what has news is not standing
                pass
            return [one for one in lanes.standing(connection, self._desk, incident) if one.lane.ticket]

    def repair(self, order: Order, standing: Standing) -> bool:
        """Has the ticket be made as it should be, once. False: there is news meanwhile, which does it anyway."""
        wrote = msgspec.structs.replace(order.wrote, repaired=True, reopen=not order.is_over)
        with self._database.writing() as connection:
            return lanes.again(connection, standing.lane, _encode(wrote), standing.lane.done)

    def note_difference(self, standing: Standing, text: str) -> None:
        with self._database.writing() as connection:
            lanes.note_difference(connection, standing.lane, text)

    def postponed(self, claimed: Claimed, setback: Setback) -> None:
        with self._database.writing() as connection:
            lanes.postpone(connection, claimed.lane, self._holder, setback)

    def buried(self, claimed: Claimed, error: str) -> None:
        with self._database.writing() as connection:
            lanes.bury(connection, claimed.lane, self._holder, error)

    def told(self, error: str) -> None:
        with self._database.writing() as connection:
            lanes.tell(connection, self._desk, error)

    def polled(self) -> float:
        with self._database.reading() as connection:
            return lanes.polled(connection, self._desk)

    def heard(self, incidents: list[str]) -> dict[str, int]:
        with self._database.reading() as connection:
            return lanes.heard(connection, self._desk, incidents)

    def note_heard(self, serials: dict[str, int]) -> None:
        if serials:
            with self._database.writing() as connection:
                lanes.note_heard(connection, self._desk, serials)

    def note_polled(self, cursor: float) -> None:
        with self._database.writing() as connection:
            lanes.note_polled(connection, self._desk, cursor)
