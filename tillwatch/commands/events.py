"""`tillwatch events`: changes as the collector commits them, one line each, until interrupted."""

import argparse
import json
from typing import Any

from tillwatch import api
from tillwatch.colour import PRIORITY, painted
from tillwatch.incident_text import priority
from tillwatch.instants import clock
from tillwatch.table import plain

NAME = "events"
HELP = "follow what the collector decides, as it happens"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    api.arguments(parser)


def run(options: argparse.Namespace) -> int:
    try:
        for event in api.events(api.from_options(options)):
            for line in [_json(event)] if options.json else _lines(event):
                print(line, flush=True)
    except KeyboardInterrupt:
        return 0
    return 0


def _json(event: api.Event) -> str:
    return json.dumps({"id": event.id, "event": event.name, "data": event.data})


def _lines(event: api.Event) -> list[str]:
    """What a person wants to read of it. A heartbeat only says that the line lives, so it is not shown."""
    match event.name, event.data:
        case "snapshot", {"at": at, "total": total, "incidents": [*incidents]}:
            return [f"{clock(at)}  {total} unresolved", *(f"{' ' * 21}{_incident(one)}" for one in incidents)]
        case "incident", {"at": at, "incident": incident}:
            return [f"{clock(at)}  {_incident(incident)}"]
        case "heartbeat", _:
            return []
        case _:
            return [plain(f"{event.name}: {json.dumps(event.data, ensure_ascii=False)}", 400)]


def _incident(incident: dict[str, Any]) -> str:
    held = " (held)" if incident.get("suppressed") else ""
    text = f"{priority(incident)} {incident['state']}{held}  {incident['ci']}  {incident['title']}"
    return painted(plain(text, 400), PRIORITY.get(int(priority(incident)[1:]), "grey"))
