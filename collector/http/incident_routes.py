"""The addresses of incidents: looking at them, and what people do with one."""

import msgspec

from collector.http import bodies, commands, evidence, evidence_shapes, incidents, pins, shapes
from collector.http.call import API, Handler, Route

ONE = f"{API}/incidents/{{id}}"


def _of_one(verb: str, handler: Handler, summary: str, body: type[msgspec.Struct]) -> Route:
    return Route("POST", f"{ONE}/{verb}", handler, "operate", summary, shapes.CommandDone, body=body)


INCIDENTS: tuple[Route, ...] = (
    Route(
        "GET",
        f"{API}/incidents",
        incidents.listed,
        "view",
        "Incidents, newest or worst first",
        shapes.IncidentPage,
        query=incidents.IncidentQuery,
    ),
    Route(
        "POST",
        f"{API}/incidents",
        commands.create,
        "operate",
        "An incident made by a person",
        shapes.CommandDone,
        body=bodies.Create,
        status=201,
    ),
    Route("GET", ONE, incidents.one, "view", "One incident with its story", shapes.IncidentInFull),
    _of_one("acknowledge", commands.acknowledge, "Somebody is on it: escalation stops", bodies.Acknowledge),
    _of_one("notes", commands.note, "A note in the incident's story", bodies.Note),
    _of_one("assign", commands.assign, "To a person or a resolver group", bodies.Assign),
    _of_one("resolve", commands.resolve, "A person says that it is over", bodies.Resolve),
    _of_one("reopen", commands.reopen, "A person says that it is not over", bodies.Reopen),
    _of_one("false-positive", commands.false_positive, "A person says that there was nothing", bodies.FalsePositive),
    _of_one("merge", commands.merge, "Two incidents are one: the younger becomes a part of the older", bodies.Merge),
    _of_one("split", commands.split, "A part, symptom or store is not of it and stands alone", bodies.Split),
    _of_one("rebind", commands.rebind, "It is about another configuration item", bodies.Rebind),
    _of_one("priority", pins.priority, "A priority that holds against the rules for a while", bodies.Priority),
    _of_one("cannot-sell", pins.cannot_sell, "An unreachable store says that it cannot sell", bodies.StoreSays),
    _of_one("can-sell", pins.can_sell, "An unreachable store says that it can sell", bodies.StoreSays),
    _of_one("pause", commands.pause, "The resolve clock stands still, for a reason and a while", bodies.Pause),
    _of_one("resume", commands.resume, "The resolve clock goes on", bodies.Resume),
    Route(
        "GET",
        f"{ONE}/evidence",
        evidence.evidence,
        "view",
        "What a vendor needs to believe it: who sees it, and what it is not",
        evidence_shapes.Evidence,
        query=evidence.EvidenceQuery,
    ),
    _of_one("major", commands.major, "A person declares or declines a major incident", bodies.Major),
)
