"""The evidence pack of an incident: what a vendor needs to believe it."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import structs

from collector.fleet import AgentView
from collector.http import incidents, present
from collector.http.call import Call
from collector.http.evidence_shapes import Control, Evidence, Witness
from collector.http.instants import shown
from collector.http.past import known_then
from collector.http.problems import Refused
from rules.answers import evidence_pack
from rules.answers.evidence_pack import Latency
from rules.answers.evidence_text import text


class EvidenceQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack of a failure that is over is best asked for as of when it was not."""

    at: Annotated[str, msgspec.Meta(description="RFC 3339; absent: now")] | None = None


async def evidence(call: Call[EvidenceQuery, None]) -> Evidence:
    known = await incidents.found(call, call.path["id"])
    story = await call.services.timeline(known.id)
    state, at = await known_then(call, call.query.at)
    latency: Latency = _latency(call.services.fleet.views)
    if call.query.at is not None:
        then = state.incidents.get(known.id)
        if then is None:
            raise Refused(404, "Not then", f"incident {known.number} was not open or just resolved at that instant")
        known, story, latency = then, [line for line in story if line.at <= at], lambda *_: None
    return _shown(evidence_pack.evidence(state, known, story, at, latency))


def _latency(views: Mapping[str, AgentView]) -> Latency:
    places: dict[str, dict[str, int]] = {}

    def measured(agent: str, check: str) -> float | None:
        view = views.get(agent)
        if view is None:
            return None
        if agent not in places:
            places[agent] = {key: at for at, key in enumerate(view.shape.keys)}
        at = places[agent].get(check)
        return None if at is None else round(view.ms[at] / 1000, 6)

    return measured


def _shown(pack: evidence_pack.Evidence) -> Evidence:
    return Evidence(
        **structs.asdict(pack)
        | {
            "at": shown(pack.at),
            "priority": present.priority(pack.priority),
            "started_at": shown(pack.started_at),
            "learnt_at": shown(pack.learnt_at),
            "opened_at": shown(pack.opened_at),
            "affected": present.affected(pack.affected),
            "witnesses": [_witness(one) for one in pack.witnesses],
            "controls": [Control(one.ref, one.well, one.failing) for one in pack.controls],
            "excluded": list(pack.excluded),
            "story": [present.story_line(line) for line in pack.story],
            "text": text(pack),
        }
    )


def _witness(one: evidence_pack.Witness) -> Witness:
    return Witness(**structs.asdict(one) | {"since": shown(one.since), "learnt_at": shown(one.learnt_at)})
