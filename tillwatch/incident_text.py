"""Incidents of the API (docs/http.md) as a person reads them in a terminal."""

from collections.abc import Iterable
from typing import Any

from tillwatch.colour import PRIORITY, painted
from tillwatch.instants import clock
from tillwatch.table import plain, table

Json = dict[str, Any]
HEADINGS = ("ID", "PRIORITY", "STATE", "OPENED", "CI", "TITLE")


def incident_table(incidents: Iterable[Json]) -> str:
    rows = list(incidents)
    head, *lines = table(HEADINGS, [_row(one) for one in rows]).splitlines()
    coloured = [
        painted(line, PRIORITY.get(_rank(one), "grey")) if one["state"] in ("open", "acknowledged") else line
        for one, line in zip(rows, lines, strict=True)
    ]
    return "\n".join([painted(head, "bold"), *coloured])


def story(incident: Json) -> str:
    """One incident: what customers lost, since when, why we think so, and what happened since."""
    return "\n".join([_head(incident), "", *_facts(incident), *_reasons(incident), *_timeline(incident)])


def priority(incident: Json) -> str:
    return f"P{_rank(incident)}"


def _rank(incident: Json) -> int:
    return int(str(incident["priority"]).removeprefix("P"))


def _row(incident: Json) -> tuple[str, ...]:
    held = " (held)" if incident.get("suppressed") else ""
    opened = incident.get("opened_at") or incident.get("learnt_at")
    return (
        incident["id"],
        priority(incident),
        incident["state"] + held,
        clock(opened),
        incident["ci"],
        incident["title"],
    )


def _head(incident: Json) -> str:
    colour = PRIORITY.get(_rank(incident), "grey")
    return painted(f"{priority(incident)} {incident['state']}", colour) + f"  {plain(incident['title'])}"


def _facts(incident: Json) -> list[str]:
    sla, affected = incident.get("sla") or {}, incident.get("affected") or {}
    held = incident.get("suppressed") or {}
    facts = {
        "id": incident["id"],
        "category": incident.get("category"),
        "service": incident.get("service"),
        "item": incident.get("ci"),
        "stores": ", ".join(incident.get("stores") or []),
        "capacity lost": _lost(affected),
        "also hit": ", ".join(affected.get("cis") or []),
        "symptoms": ", ".join(incident.get("symptoms") or []),
        "part of": incident.get("parent"),
        "started": clock(incident.get("started_at")),
        "learnt": clock(incident.get("learnt_at")),
        "opened": clock(incident.get("opened_at")),
        "respond by": clock(sla.get("respond_by")),
        "resolve by": clock(sla.get("resolve_by")),
        "clock of": sla.get("owner"),
        "paused": _paused(sla),
        "at risk": ", ".join(sla.get("at_risk") or []),
        "breached": ", ".join(sla.get("breached") or []),
        "restored": clock(incident.get("restored_at")),
        "resolved": clock(incident.get("resolved_at")),
        "held back": held.get("reason"),
        "impact": f"{incident['impact']}, urgency {incident['urgency']}" if "impact" in incident else None,
        "pinned": _pinned(incident.get("pin")),
        "resolver": incident.get("resolver_group"),
        "vendor": incident.get("vendor"),
        "runbook": incident.get("runbook"),
    }
    return [f"  {name:14}{plain(str(value))}" for name, value in facts.items() if value and value != "-"]


def _pinned(pin: Json | None) -> str:
    return f"{pin['priority']} until {clock(pin['until'])} by {pin['by']}: {pin['reason']}" if pin else ""


def _paused(sla: Json) -> str:
    """Meanwhile `resolve by` stands as it was when the pause began."""
    return f"until {clock(sla.get('paused_until'))}: {sla['paused']}" if sla.get("paused") else ""


def _lost(affected: Json) -> str:
    if not affected.get("lanes_total"):
        return ""
    return f"{affected['lanes_down']:g} of {affected['lanes_total']:g} {affected.get('unit', '')}".rstrip()


def _reasons(incident: Json) -> list[str]:
    lines = [f"  [{plain(str(one['rule']))}] {plain(one['text'])}" for one in incident.get("reasons") or []]
    return ["", painted("Why", "bold"), *lines] if lines else []


def _timeline(incident: Json) -> list[str]:
    lines = [
        f"  {clock(one['at'])}  {plain(str(one.get('actor', '')), 40):10} {plain(one['text'])}"
        for one in incident.get("timeline") or []
    ]
    return ["", painted("Timeline", "bold"), *lines] if lines else []
