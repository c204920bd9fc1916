"""From a claimed lane to the order for its desk: the incident, its words, its key. Pure."""

from typing import NamedTuple

import msgspec

from collector.database.lanes import Claimed
from collector.desk import settings, wording
from collector.desk.order import News, Order, Wrote
from collector.desk.settings import HelpDesk
from rules.course.incident import Incident
from rules.given.estate import Estate

_wrote = msgspec.json.Decoder(Wrote).decode


class Site(NamedTuple):
    """A desk of an installation; `console` is where people find the incident."""

    desk: HelpDesk
    deployment: str
    console: str


def key_of(deployment: str, incident: str) -> str:
    """Never from text that can change: a rebuilt database finds its tickets by it."""
    return f"tillwatch:{deployment}:{incident}"


def incident_of(deployment: str, key: str) -> str:
    """The incident behind a key; empty when it is not one of ours."""
    prefix = key_of(deployment, "")
    return key.removeprefix(prefix) if key.startswith(prefix) else ""


def ordered(claimed: Claimed, site: Site, known: Estate, now: float) -> Order:
    lane, incident, desk = claimed.lane, claimed.incident, site.desk
    news = tuple(News(*effect) for effect in claimed.effects)
    key = key_of(site.deployment, incident.id)
    values = _values(incident, key)
    return Order(
        desk=desk.name,
        key=key,
        mark=f"{desk.name}-{incident.id}-{lane.sending}",
        incident=incident,
        news=news,
        wording=wording.wording(known, incident, news, wording.Frame(key, site.console, now)),
        fields={name: settings.filled(text, values) for name, text in desk.fields.items()},
        resolve_fields={name: settings.filled(text, values) for name, text in desk.resolve_fields.items()},
        ticket=lane.ticket,
        wrote=_wrote(lane.wrote) if lane.wrote else Wrote(),
        repeated=claimed.repeated,
        at=now,
    )


def strangers(desk: HelpDesk, known: Estate) -> list[str]:
    """What the desk's `shadow` names and nobody knows: a misspelt one would hold nothing back."""
    regions = {store.region for store in known.stores.values()}
    categories = known.policy.categories if known.policy else {}
    return [
        *(f"region {name!r} is not in the CMDB" for name in desk.shadow.regions if name not in regions),
        *(f"category {name!r} is not in the policy" for name in desk.shadow.categories if name not in categories),
    ]


def _values(incident: Incident, key: str) -> dict[str, str]:
    """What the placeholders of settings.PLACEHOLDERS stand for."""
    values = {
        "key": key,
        "number": str(incident.number),
        "priority": f"P{incident.priority}",
        "impact": str(incident.impact),
        "urgency": str(incident.urgency),
        "category": incident.category,
        "service": incident.service,
        "ci": incident.ci,
        "stores": " ".join(incident.stores),
        "region": incident.region,
        "group": incident.resolver_group,
        "vendor": incident.vendor,
    }
    return {name: wording.harmless(value, wording.SUBJECT) for name, value in values.items()}
