"""A small ticket server on loopback that answers as Request Tracker 5's REST 2 does, and fails when it is told to.

Only what a real one was seen to do (tests/acceptance/test_desk_rt.py runs against that).
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

KEY = "Correlation ID"
FIELDS = (KEY, "Store")
Fault = Callable[[web.Request], web.Response | None]


class Tracker:
    """`tickets` by id. `before` may answer in the place of the server; what `lose` counts is done and not answered."""

    def __init__(self) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.merged: dict[int, int] = {}
        self.history: dict[int, list[dict[str, Any]]] = {}
        self.notes: dict[int, list[tuple[str, str]]] = {}
        self.asked: Counter[str] = Counter()
        self.order: list[str] = []  # subjects, in the order of their creation
        self.before: Fault = lambda _: None
        self.lose: Counter[str] = Counter()
        self.after: Callable[[web.Request], None] = lambda _: None  # what happens at the desk before our next request
        self.refuse_status = False
        self.fields = FIELDS
        self.url = ""
        self._serial = 0

    def acts(  # noqa: PLR0917 - a row of a ticket's history
        self, ticket: int, kind: str, field: str, old: str, new: str, who: str = "anna"
    ) -> None:
        """A person, or the account `bot` that the token belongs to, did something."""
        self._serial += 1
        row = {"id": str(self._serial), "Type": kind, "Field": field, "OldValue": old, "NewValue": new}
        self.history.setdefault(ticket, []).append(row | {"Creator": {"id": who}})
        if field == "Status":
            self.tickets[ticket]["Status"] = new
        if field == "Owner":
            self.tickets[ticket]["Owner"] = {"id": who}
        if field == "Due":
            self.tickets[ticket]["Due"] = new

    def add(self, subject: str, key: str, priority: int = 0, who: str = "bot") -> int:
        number = len(self.tickets) + 1
        fields = [{"name": KEY, "values": [key]}]
        self.tickets[number] = {
            "id": number,
            "Subject": subject,
            "Status": "new",
            "Priority": str(priority),
            "Owner": {"id": "Nobody"},
            "Due": "1970-01-01T00:00:00Z",
            "CustomFields": fields,
        }
        self.acts(number, "Create", "", "", "", who)
        return number

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/REST/2.0")
        what = f"{request.method} {re.sub(r'[0-9]+', 'N', path)}"
        self.asked[what] += 1
        if request.headers.get("Authorization") != "token secret-token":
            return web.json_response({"message": "Unauthorized"}, status=401)
        if (answer := self.before(request)) is not None:
            return answer
        body = await request.json() if request.can_read_body else {}
        answer = self._done(request, path, body)
        self.after(request)
        if self.lose[what]:
            self.lose[what] -= 1
            await asyncio.sleep(3600)
        return answer

    def _done(self, request: web.Request, path: str, body: Any) -> web.Response:
        match [request.method, *path.strip("/").split("/")]:
            case ["GET", "queue", _]:
                return web.json_response({"TicketCustomFields": [{"name": name} for name in self.fields]})
            case ["GET", "user", "Nobody"]:
                return web.json_response({"Name": "Nobody", "_hyperlinks": [{"ref": "self", "id": 6}]})
            case ["GET", "tickets"]:
                return web.json_response({"items": self._found(request.query["query"])})
            case ["POST", "ticket"]:
                number = self.add(body["Subject"], body["CustomFields"][KEY], body["Priority"])
                self.notes[number] = [(body["Subject"], body["Content"])]
                self.order.append(body["Subject"])
                return web.json_response({"id": str(number)}, status=201)
            case ["GET", "ticket", number, "attachments"]:
                return web.json_response({"items": [{"Subject": one} for one, _ in self.notes[int(number)]]})
            case ["GET", "ticket", number, "history"]:
                return web.json_response({"items": self.history[int(number)]})
            case ["POST", "ticket", number, "comment"]:
                self.notes[int(number)].append((body["Subject"], body["Content"]))
                self.acts(int(number), "Comment", "", "", "", "bot")
                return web.json_response(["Comments added"], status=201)
            case ["GET", "ticket", number]:
                ticket = self.tickets.get(self.merged.get(int(number), int(number)))
                if ticket is None:
                    return web.json_response({"message": "Not Found"}, status=404)
                return web.json_response(ticket, headers={"ETag": self._etag(ticket["id"])})
            case ["PUT", "ticket", number]:
                return self._changed(request, int(number), body)
        return web.json_response({"message": "Not Found"}, status=404)

    def _etag(self, number: int) -> str:
        return f'"{self.history[number][-1]["id"]}"'

    def _changed(self, request: web.Request, number: int, body: dict[str, Any]) -> web.Response:
        if (wanted := request.headers.get("If-Match")) and wanted != self._etag(number):
            return web.json_response({"message": "Precondition Failed"}, status=412)
        if "MergeInto" in body:
            self.merged[number] = body["MergeInto"]
            self.history[body["MergeInto"]] += self.history[number]
            del self.tickets[number]
            return web.json_response(["Merge Successful"])
        if self.refuse_status and body.pop("Status", None):
            return web.json_response(["That ticket has unresolved dependencies"])
        ticket = self.tickets[number]
        for name in ("Subject", "Status", "Priority"):
            if name in body:
                self.acts(number, "Set", name, str(ticket[name]), str(body[name]), "bot")
                ticket[name] = str(body[name])
        return web.json_response(["changed"])

    def _found(self, query: str) -> list[dict[str, Any]]:
        if "__CurrentUser__" in query:
            return [{"id": "1", "Creator": {"id": "bot"}}] if self.tickets else []
        operator, wanted = re.search(r"'CF\.{Correlation ID}'\s*(=|LIKE)\s*'([^']*)'", query).groups()  # type: ignore[union-attr]
        out = []
        for ticket in self.tickets.values():
            key = next(iter(ticket["CustomFields"][0]["values"]), "")
            if key == wanted or (operator == "LIKE" and wanted in key):
                out.append({**ticket, "id": str(ticket["id"])})
        return out


@asynccontextmanager
async def tracker() -> AsyncIterator[Tracker]:
    server = Tracker()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server._answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
