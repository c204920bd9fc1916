"""Watches the demo's incidents the way everybody does, over HTTP, and tells each change."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tillwatch import api
from tillwatch.api import Api
from tillwatch.instants import rfc3339

Json = dict[str, Any]
EVERY = 0.25  # seconds
MOST = 500


class Watch:
    """All incidents that started after `since` (seconds UTC), by id. `changed(before, now)` is told of each change."""

    def __init__(self, site: Api, since: float, changed: Callable[[Json | None, Json], None]) -> None:
        self.incidents: dict[str, Json] = {}
        self._site = site
        self._since = rfc3339(since)
        self._changed = changed

    async def look(self) -> None:
        """One look. Raises CommandFailed when the collector does not answer."""
        page = await asyncio.to_thread(api.get, self._site, "incidents", since=self._since, limit=str(MOST))
        for incident in reversed(page["items"]):
            before = self.incidents.get(incident["id"])
            self.incidents[incident["id"]] = incident
            if before != incident:
                self._changed(before, incident)

    async def silent_stores(self) -> list[str]:
        """Stores of which nothing was heard yet."""
        page = await asyncio.to_thread(api.get, self._site, "stores", limit="1000")
        return [store["id"] for store in page["items"] if store["last_seen"] is None]

    async def until(self, lacking: Callable[[], list[str]], patience: float) -> list[str]:
        """Looks until nothing is lacking, or for `patience` seconds; then what is."""
        deadline = time.monotonic() + patience
        while True:
            await self.look()
            lack = lacking()
            if not lack or time.monotonic() > deadline:
                return lack
            await asyncio.sleep(EVERY)
