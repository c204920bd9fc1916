"""Coverage as people read it: a line a service, then what nobody watches by name."""

from typing import Any

from tillwatch.instants import clock
from tillwatch.table import plain, table

HEAD = ("STORE", "SERVICE", "COVERAGE", "WATCHED", "BY", "STALE SINCE")


def coverage_text(stores: list[dict[str, Any]]) -> str:
    lines = [table(HEAD, [_row(store, one) for store in stores for one in store["services"]])] if stores else []
    gaps = [line for store in stores for line in _gaps(store)]
    return "\n".join([*lines, *([""] if lines and gaps else []), *gaps])


def _row(store: dict[str, Any], service: dict[str, Any]) -> tuple[Any, ...]:
    members = service["members"]
    watches = [watch for member in members for watch in member["watched_by"]]
    by = dict.fromkeys(f"{watch['agent']} {watch['check']}" for watch in watches)
    told = ", ".join(list(by)[:2]) + (f" and {len(by) - 2} more" if len(by) > 2 else "")
    stale = [watch["stale_since"] for watch in watches if watch["stale_since"]]
    watched = f"{sum(bool(member['watched_by']) for member in members)} of {len(members)}"
    since = clock(min(stale)) if stale else "-"
    return (store["store"], plain(service["title"]), service["coverage"], watched, plain(told) or "nothing", since)


def _gaps(store: dict[str, Any]) -> list[str]:
    lines = []
    for service in store["services"]:
        title, idle = plain(service["title"]), ", ".join(service["unwatched"])
        if service["coverage"] == "unwatched":
            lines.append(f"{store['store']}: nothing watches {title}: {idle}")
        elif idle:
            lines.append(f"{store['store']}: of {title} nothing watches {idle}")
    if store["unwatched"]:
        lines.append(f"{store['store']}: nothing watches {', '.join(store['unwatched'])}")
    return lines
