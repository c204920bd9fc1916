"""`tillwatch events`: changes as the collector commits them, one line each, until interrupted."""

import argparse
import json

from tillwatch import api
from tillwatch.table import plain

NAME = "events"
HELP = "follow what the collector decides, as it happens"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    api.arguments(parser)


def run(options: argparse.Namespace) -> int:
    try:
        for event in api.events(api.from_options(options)):
            print(_json(event) if options.json else _line(event), flush=True)
    except KeyboardInterrupt:
        return 0
    return 0


def _json(event: api.Event) -> str:
    return json.dumps({"id": event.id, "event": event.name, "data": event.data})


def _line(event: api.Event) -> str:
    return plain(f"{event.id:>8}  {event.name:12}  {json.dumps(event.data, ensure_ascii=False)}", 400)
