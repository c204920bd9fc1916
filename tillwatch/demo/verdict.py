"""Whether a scenario's incidents came as expected: pure, over the incidents that the API shows."""

from typing import Any

from tillwatch.demo.scenario import Expected
from tillwatch.incident_text import priority

Json = dict[str, Any]
OVER = ("resolved", "closed")


def missing_open(expected: list[Expected], incidents: list[Json]) -> list[str]:
    """What is not there yet, in words. Empty: every expected incident is open, at its priority and size."""
    return [
        f"{_name(one)} is {_shortfall(one, _of(one, incidents))}"
        for one in expected
        if _shortfall(one, _of(one, incidents))
    ]


def missing_end(expected: list[Expected], incidents: list[Json]) -> list[str]:
    """Which of the expected incidents are not over."""
    return [
        f"{_name(one)} is {found['state'] if found else 'not there'}, not resolved"
        for one in expected
        if (found := _of(one, incidents)) is None or found["state"] not in OVER
    ]


def unexpected(expected: list[Expected], incidents: list[Json]) -> list[str]:
    """Incidents in their own right that nobody expected; parts and symptoms of others are not."""
    wanted = {(one.ci, one.category) for one in expected}
    return [
        f"not expected: {priority(found)} {found['category']} on {found['ci']}"
        for found in incidents
        if (found["ci"], found["category"]) not in wanted and not found.get("parent")
    ]


def _of(one: Expected, incidents: list[Json]) -> Json | None:
    found = [i for i in incidents if (i["ci"], i["category"]) == (one.ci, one.category)]
    return max(found, key=lambda incident: str(incident["learnt_at"]), default=None)


def _shortfall(one: Expected, found: Json | None) -> str:
    if found is None:
        return "not there"
    if found.get("suppressed"):
        return f"held back: {found['suppressed']['reason']}"
    if found["state"] not in ("open", "acknowledged"):
        return str(found["state"])
    if priority(found) != one.priority:
        return priority(found)
    if len(found.get("stores") or []) < one.stores:
        return f"in {len(found.get('stores') or [])} stores, not {one.stores}"
    if len(found.get("symptoms") or []) < one.symptoms:
        return f"explaining {len(found.get('symptoms') or [])} symptoms, not {one.symptoms}"
    return ""


def _name(one: Expected) -> str:
    return f"{one.priority} {one.category} on {one.ci}"
