"""A ticket's words: what customers cannot do first, then where, since when, how much, which CI, until when, and why.

Everything that came from a device or a person is made harmless: one printable line each, no card numbers, no brackets
that a mail gateway could take for a ticket's tag, and all of it bounded.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from collector.desk.order import News, Wording
from rules.course.incident import Incident
from rules.given.estate import Estate
from rules.repeats.problem import CATEGORY as PROBLEM
from rules.said import one_line

SUBJECT = 200  # characters; Request Tracker's column, and the smallest of those that we know
BODY = 8_000
NOTE = 2_000
_A_LINE = 300
_NAMED = 10  # stores or CIs; the console has the rest

# service → what customers cannot do when all of it is gone, and when some of it is.
IMPACT = {
    "checkout": ("Customers cannot check out", "Customers wait longer at the checkout"),
    "self_checkout": ("Customers cannot use self-checkout", "Customers wait longer at self-checkout"),
    "card_payment": ("Customers cannot pay by card", "Some customers cannot pay by card"),
    "fuel": ("Customers cannot refuel", "Customers wait longer for a pump"),
    "order_production": ("Customers' orders are not made", "Customers wait longer for their orders"),
    "stock_visibility": ("Customers see wrong stock online", "Customers may see wrong stock online"),
    "promotions": ("Customers do not see promotions", "Customers see fewer promotions"),
    "online_shopping": ("Customers cannot shop online", "Customers shop online slowly or with errors"),
    "loyalty": ("Customers cannot use their loyalty account", "Some customers cannot use their loyalty account"),
    "refrigeration": ("Chilled goods spoil", "Some chilled goods may spoil"),
    "contact_centre": ("Customers cannot reach us", "Customers reach us on fewer channels"),
    "store_operations": ("The store cannot work as usual", "The store works with limits"),
}

_KINDS = {
    "open_ticket": "Failed again: {text}",  # only where there is a ticket already
    "review_change": "Change request review: {text}",
    "note_ci": "Noted on {recipient}",
    "update_ticket": "Changed: {text}",
    "page": "Called up {recipient}: {text}",  # of a pager only
    "escalate": "Escalated to {recipient}: {text}",
    "propose_major": "Proposed as a major incident: {text}",
    "declare_major": "Declared a major incident: {text}",
    "resolve_ticket": "Resolved: {text}",
}


def harmless(text: str, most: int = _A_LINE) -> str:
    return cut(one_line(text).replace("[", "(").replace("]", ")").strip(), most)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


class Frame(NamedTuple):
    """`console` is its address, `now` when the text is written."""

    key: str
    console: str
    now: float


def wording(known: Estate, incident: Incident, news: Sequence[News], frame: Frame) -> Wording:
    subject = cut(harmless(_subject(known, incident)), SUBJECT)
    return Wording(subject, cut(_body(known, incident, frame), BODY), _note(incident, news))


def _subject(known: Estate, incident: Incident) -> str:
    if incident.category == PROBLEM:
        return f"Problem #{incident.number}: {incident.title}"
    return f"P{incident.priority} {impact(known, incident)}: {incident.title}"


def impact(known: Estate, incident: Incident) -> str:
    """What customers cannot do. A shared CI at fault, or a share of 100 %, means all of it."""
    service = known.policy.services.get(incident.service) if known.policy else None
    title = service.title if service else incident.service.replace("_", " ")
    whole, partly = IMPACT.get(incident.service, (f"{title} is not available", f"{title} is limited"))
    return whole if incident.loss >= 1.0 or (incident.priority == 1 and not incident.home) else partly


def _body(known: Estate, incident: Incident, frame: Frame) -> str:
    zone = _zone(known, incident)
    category = known.policy.categories.get(incident.category) if known.policy else None
    kind = category.title if category else incident.category
    lines = [
        f"{impact(known, incident)}.",
        "",
        f"Where: {_some([known.name(store) for store in incident.stores]) or 'everywhere: no single store'}",
        f"Since: {_when(incident.started_at, zone)} ({_duration(frame.now - incident.started_at)} at this writing)",
        f"How much: {_how_much(known, incident)}",
        f"What: {harmless(incident.title)}",
        f"Configuration item: {_item(known, incident.ci)}",
        f"Priority: P{incident.priority} ({kind}), {_numbered(incident)}",
        f"Respond by: {_when(incident.sla.respond_by, zone)}",
        f"Resolve by: {_when(incident.sla.resolve_by, zone)}{_paused(incident, zone)}",
        f"Resolver group: {harmless(incident.resolver_group) or 'none named'}",
    ]
    if incident.vendor:
        lines.append(f"Vendor: {harmless(incident.vendor)}")
    if incident.runbook:
        lines.append(f"Runbook: {harmless(incident.runbook)}")
    if incident.problem:
        lines.append(f"Problem: {frame.console}/problems/{incident.problem}")
    if incident.changes:
        lines.append(f"Changes: {_some(incident.changes)}")
    if incident.symptoms:
        lines.append(f"Explains: {_some(incident.symptoms)}")
    why = [f"* {harmless(one.text)} (rule {harmless(one.rule, 60)})" for one in incident.reasons[:_NAMED]]
    return "\n".join([*lines, "", "Why:", *why, "", _link(incident, frame), f"Key: {frame.key}"])


def _numbered(incident: Incident) -> str:
    return f"{'problem' if incident.category == PROBLEM else 'incident'} #{incident.number}"


def _link(incident: Incident, frame: Frame) -> str:
    if incident.category == PROBLEM:
        return f"All of it: {frame.console}/problems/{incident.id}"
    return f"In the console: {frame.console}/incidents/{incident.id}"


def _paused(incident: Incident, zone: ZoneInfo | None) -> str:
    sla = incident.sla
    return f", paused until {_when(sla.paused_until, zone)}: {harmless(sla.paused)}" if sla.paused else ""


def _note(incident: Incident, news: Sequence[News]) -> str:
    """What is new beyond the first text. Of several changes the last says where things stand."""
    changes = [one for one in news if one.kind == "update_ticket"]
    told = [one for one in news if one.kind in _KINDS and (one.kind != "update_ticket" or one is changes[-1])]
    told = [one for one in told if one.kind != "open_ticket" or one.reopens]
    if incident.suppressed is not None and told:
        told_also = [f"Held back here: {harmless(incident.suppressed.reason)}"]
    else:
        told_also = []
    lines = [_KINDS[one.kind].format(recipient=harmless(one.recipient), text=harmless(one.text)) for one in told]
    return cut("\n".join(dict.fromkeys([*lines, *told_also])), NOTE)


def _how_much(known: Estate, incident: Incident) -> str:
    service = known.policy.services.get(incident.service) if known.policy else None
    unit = service.unit if service else "systems"
    found = []
    if incident.affected.lanes_total:
        found.append(f"{incident.affected.lanes_down} of {incident.affected.lanes_total} {unit} down")
    if len(incident.stores) > 1:
        found.append(f"{len(incident.stores)} stores")
    if incident.loss:
        found.append(f"{incident.loss:.0%} of the service lost")
    if incident.affected.cis:
        found.append(f"hit: {_some(incident.affected.cis)}")
    return ", ".join(found) or "not known"


def _item(known: Estate, ref: str) -> str:
    item = known.items.get(ref)
    if item is None:
        return harmless(ref) or "none"
    details = ", ".join(harmless(word) for word in (item.klass, item.asset, item.address) if word)
    name, id_ = harmless(known.label(ref)), harmless(ref)
    return f"{id_} ({details})" if name == id_ else f"{name} ({id_}; {details})"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(harmless(name, 100) for name in names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def _zone(known: Estate, incident: Incident) -> ZoneInfo | None:
    """The store's own, for those who go there; UTC for what is not of one store."""
    store = known.stores.get(incident.home)
    return known.hours[incident.home].zone if store and incident.home in known.hours else None


def _when(at: float | None, zone: ZoneInfo | None) -> str:
    if at is None:
        return "not set"
    return datetime.fromtimestamp(at, zone or UTC).strftime("%Y-%m-%d %H:%M %Z")


def _duration(seconds: float) -> str:
    minutes = max(0, int(seconds // 60))
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
