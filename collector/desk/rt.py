"""Request Tracker 5 through REST 2 (https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html).

What it does to those who write to it, all of it seen on a real one: it answers 200 to refused changes, drops fields
that it does not know, keeps no key unique, and reads dates in a query in the time zone of whoever asks. So: everything
is read back, the key's field is checked at start, the key is looked up, and "since" is so many seconds ago.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from collector.desk import tickets
from collector.desk.calling import Answer, Caller
from collector.desk.compare import By, Edit, Seen, State
from collector.desk.order import Changed, Difference, Heard, Order, Receipt, Refused, Unavailable
from collector.desk.settings import HelpDesk
from rules.course.incident import Priority

NOBODY, SYSTEM, NO_DATE = "Nobody", "RT_System", "1970-01-01T00:00:00Z"
NONSENSE = "tillwatch:nobody-has-this-key"
A_PAGE = 100
MOST_PAGES = 50
_STATES: dict[str, State] = {"resolved": "resolved", "rejected": "gone", "deleted": "gone"}


class RequestTracker:
    """A desk (collector.desk.order.Desk) and a ticket system (collector.desk.tickets.System)."""

    def __init__(self, desk: HelpDesk, deployment: str, token: str, caller: Caller) -> None:
        self._desk, self._caller = desk, caller
        self._web = desk.url.rstrip("/").removesuffix("/REST/2.0")
        self._rest = f"{self._web}/REST/2.0"
        self._ours = f"tillwatch:{deployment}:"
        self._headers = {"Authorization": f"token {token}", "Accept": "application/json"}
        self._nobody = ""
        self._account = ""

    async def check(self) -> None:
        """Raises Refused when the key's field is not on the queue's tickets, or when a search ignores its condition."""
        found = await self._get(f"/queue/{quote(self._desk.queue, safe='')}")
        names = {str(field.get("name")) for field in found.get("TicketCustomFields") or []}
        for field in (self._desk.key_field, *self._desk.fields, *self._desk.resolve_fields):
            if field not in names:
                raise Refused(
                    f"queue {self._desk.queue} has no custom field {field!r}; it has: {', '.join(sorted(names))}"
                )
        if await self._search(f"'CF.{{{self._desk.key_field}}}'='{NONSENSE}'", "id"):
            raise Refused("a search for a key that nobody has found tickets: conditions are ignored")
        self._nobody = _own_id(await self._get(f"/user/{NOBODY}"))

    async def deliver(self, order: Order) -> Receipt:
        return await tickets.deliver(self, order)

    async def differences(self, order: Order) -> list[Difference]:
        return await tickets.differences(self, order)

    async def close(self) -> None:
        await self._caller.close()

    # What tickets.System needs

    def number(self, priority: Priority) -> int:
        numbers: dict[int, int] = {
            1: self._desk.priorities.P1,
            2: self._desk.priorities.P2,
            3: self._desk.priorities.P3,
        }
        return numbers[priority]

    def url_of(self, ticket: str) -> str:
        return f"{self._web}/Ticket/Display.html?id={quote(ticket, safe='')}"

    async def look_up(self, key: str) -> list[Seen]:
        found = await self._search(
            f"'CF.{{{self._desk.key_field}}}'='{key}'", "Subject,Status,Priority,Owner,Due,CustomFields"
        )
        seen = [_seen(row, self._desk) for row in found]
        if any(one.key != key for one in seen):
            raise Refused(f"a search for {key} found a ticket without it: conditions are ignored")
        return sorted(seen, key=lambda one: int(one.id))

    async def read(self, ticket: str) -> Seen | None:
        try:
            answer = await self._caller.read(f"{self._rest}/ticket/{quote(ticket, safe='')}", self._headers)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        return _seen(_mapping(answer), self._desk, answer.etag)

    async def create(self, order: Order) -> str:
        made = await self._write(
            "POST",
            "/ticket",
            {
                "Queue": self._desk.queue,
                "Subject": order.wording.subject,
                "Content": order.wording.body,
                "ContentType": "text/plain",
                "Priority": self.number(order.priority),
                "CustomFields": {**order.fields, self._desk.key_field: order.key},
            },
        )
        return str(_mapping(made)["id"])

    async def change(self, seen: Seen, wanted: Edit, order: Order) -> str:
        body: dict[str, Any] = {"Subject": wanted.subject, "Priority": wanted.priority, "Status": wanted.state}
        body = {name: value for name, value in body.items() if value is not None}
        if wanted.state == "resolved" and order.resolve_fields:
            body["CustomFields"] = order.resolve_fields
        answer = await self._write(
            "PUT", f"/ticket/{seen.id}", body, {"If-Match": seen.version} if seen.version else {}
        )
        said = answer.json()
        return "; ".join(map(str, said)) if isinstance(said, list) and said else "nothing"

    async def has_note(self, ticket: str, mark: str) -> bool:
        async for row in self._pages(f"/ticket/{ticket}/attachments", "Subject"):
            if row.get("Subject") == mark:
                return True
        return False

    async def add_note(self, ticket: str, mark: str, text: str) -> None:
        """A comment, which the requestor does not see and which reopens nothing. Its subject is the mark."""
        await self._write(
            "POST", f"/ticket/{ticket}/comment", {"Subject": mark, "Content": text, "ContentType": "text/plain"}
        )

    async def merge(self, ticket: str, into: str) -> None:
        await self._write("PUT", f"/ticket/{ticket}", {"MergeInto": int(into)})

    async def states_by(self, ticket: str) -> list[By]:
        by: list[By] = []
        async for row in self._pages(f"/ticket/{ticket}/history", "Type,Creator,Field,OldValue,NewValue"):
            if row.get("Type") == "Status" or (row.get("Type") == "Set" and row.get("Field") == "Status"):
                who = _creator(row)
                by.append("desk" if who == SYSTEM else "us" if who == await self._own_account() else "person")
        return by

    # The way back

    async def ours(self, ticket: str) -> Changed | None:
        seen = await self.read(ticket)
        return Changed(seen.key, seen.id, seen.due) if seen is not None and seen.key.startswith(self._ours) else None

    async def changed(self, since: float) -> list[Changed]:
        """Dates in a query are read in the account's own time zone; so many seconds ago is the same in all of them."""
        query = f"'CF.{{{self._desk.key_field}}}' LIKE '{self._ours}' AND LastUpdated >= '{int(since) + 1} seconds ago'"
        out = []
        for row in await self._search(query, "Due,CustomFields"):
            key = _key_of(row, self._desk.key_field)
            if key.startswith(self._ours):
                out.append(Changed(key, str(row["id"]), _due(row, self._desk)))
        return out

    async def heard(self, ticket: Changed, after: int) -> list[Heard]:
        """Not what our own account did, nor what the system does because of somebody else: both would go round."""
        ours = {SYSTEM, await self._own_account()}
        rows = [
            row async for row in self._pages(f"/ticket/{ticket.ticket}/history", "Type,Creator,Field,OldValue,NewValue")
        ]
        out = []
        for row in rows:
            serial = int(row["id"])
            if serial > after and _creator(row) not in ours and (one := self._meaning(ticket, serial, row)) is not None:
                out.append(one)
        return out

    async def _own_account(self) -> str:
        """REST 2 does not say who a token belongs to; the tickets that it made do."""
        if not self._account:
            found = await self._get("/tickets", query="Creator = '__CurrentUser__'", fields="Creator", per_page="1")
            self._account = next((_creator(row) for row in found.get("items") or []), "")
        return self._account

    def _meaning(self, ticket: Changed, serial: int, row: dict[str, Any]) -> Heard | None:
        kind, field, who = row.get("Type"), row.get("Field"), _creator(row)
        before, value = _STATES.get(str(row.get("OldValue")), "open"), str(row.get("NewValue"))
        if kind == "Set" and field == "Owner" and value != self._nobody:
            return Heard(ticket.key, ticket.ticket, serial, "acknowledge", who)
        if kind == "Status" and value == "open" and row.get("OldValue") == "new":
            return Heard(ticket.key, ticket.ticket, serial, "acknowledge", who)
        if kind == "Status" and value == "resolved":
            return Heard(ticket.key, ticket.ticket, serial, "resolve", who)
        if kind == "Status" and value == "rejected":
            return Heard(ticket.key, ticket.ticket, serial, "resolve", who, "false positive")
        if kind == "Status" and before != "open" and value not in _STATES:
            return Heard(ticket.key, ticket.ticket, serial, "reopen", who)
        return None

    # HTTP

    async def _search(self, query: str, fields: str) -> list[dict[str, Any]]:
        return [row async for row in self._pages("/tickets", fields, query=query, orderby="id")]

    async def _pages(self, path: str, fields: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        for page in range(1, MOST_PAGES + 1):
            found = await self._get(path, fields=fields, per_page=str(A_PAGE), page=str(page), **query)
            rows = found.get("items") or []
            for row in rows:
                yield row
            if len(rows) < A_PAGE:
                return

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        return _mapping(await self._caller.read(self._rest + path, self._headers, **query))

    async def _write(self, method: str, path: str, body: dict[str, Any], more: dict[str, str] | None = None) -> Answer:
        headers = {**self._headers, "Content-Type": "application/json", **(more or {})}
        return await self._caller.write(method, self._rest + path, headers, msgspec.json.encode(body))


def _mapping(answer: Answer) -> dict[str, Any]:
    found = answer.json()
    if not isinstance(found, dict):
        raise Unavailable(f"answered a {type(found).__name__} where REST 2 has a mapping", answered=True)
    return found


def _own_id(found: dict[str, Any]) -> str:
    """RT leaves `id` out of what it shows of some, but not out of their own address."""
    links = found.get("_hyperlinks") or []
    return next((str(link.get("id")) for link in links if link.get("ref") == "self"), str(found.get("id")))


def _seen(row: dict[str, Any], desk: HelpDesk, etag: str = "") -> Seen:
    owner = str((row.get("Owner") or {}).get("id") or "")
    return Seen(
        id=str(row["id"]),
        key=_key_of(row, desk.key_field),
        subject=str(row.get("Subject") or ""),
        priority=int(row.get("Priority") or 0),
        state=_STATES.get(str(row.get("Status")), "open"),
        owner="" if owner == NOBODY else owner,
        version=etag,
        due=_due(row, desk),
    )


def _due(row: dict[str, Any], desk: HelpDesk) -> float | None:
    """Of a desk that owns the clock. RT says 1970 for no date at all."""
    try:
        due = datetime.fromisoformat(str(row.get("Due") or NO_DATE)).timestamp()
    except ValueError:
        return None
    return due if desk.owns_clock and due > 0 else None


def _key_of(row: dict[str, Any], key_field: str) -> str:
    for field in row.get("CustomFields") or []:
        if field.get("name") == key_field:
            return str((field.get("values") or [""])[0])
    return ""


def _creator(row: dict[str, Any]) -> str:
    return str((row.get("Creator") or {}).get("id") or "")
