"""What people do about which incidents are one: `merge` makes two one, `split` takes something out to stand alone."""

from typing import NamedTuple

from rules.asked.incident_commands import on_incident
from rules.asked.verb import DONE, text
from rules.cause import merging, residual
from rules.course import clocks, ledger
from rules.course.finding import Finding
from rules.course.incident import Incident
from rules.course.incidents import act, lifted
from rules.draft import Draft, changed
from rules.entries import Command
from rules.given.keys import ref_of

_BY_HAND = "manual:"
_GATHERS = (
    "chain:",
    "rule:",
    f"{residual.KIND}:",
)  # of these nothing but the engine's own gathering says what they are


class Piece(NamedTuple):
    """What is taken out: by its key, with the incident that it has or the store that it is, or neither."""

    key: str
    part: Incident | None = None
    store: str = ""


def _merge(draft: Draft, row: Incident, event: Command) -> None:
    older, younger = _by_age(row, draft.incident(_named(event, "other")) or row)
    older, younger, why = _called_in(draft, older, younger), _called_in(draft, younger, older), _because(event)
    younger = changed(younger, merged=older.id, parent=older.id, suppressed=merging.suppression(older))
    older = changed(
        older,
        flags=tuple(dict.fromkeys((*older.flags, merging.MERGED))),
        apart=tuple(key for key in older.apart if key != merging.key_of(younger)),
    )
    _said(draft, younger, "merged", f"merged into #{older.number}{_ticket(older)}{why}", event.actor)
    _said(draft, older, "merged", f"#{younger.number}{_ticket(younger)} is the same: {younger.title}{why}", event.actor)
    for one in (older, younger):
        draft.put_incident(one)
        clocks.arm(draft, one)
    if younger.priority < older.priority and younger.restored_at is None:
        lifted(draft, older, _told_again(younger))


def _unmergeable(draft: Draft, row: Incident, event: Command) -> str:
    other = draft.incident(_named(event, "other"))
    if other is None:
        return f"no incident {text(event.arguments, 'other')[:40]!r} that is not closed to merge with"
    if other.id == row.id:
        return f"#{row.number} cannot be merged with itself"
    older, younger = _by_age(row, other)
    if other.state == "resolved":
        return f"#{other.number} is resolved; merge is not possible then"
    if younger.merged == older.id:
        return f"#{younger.number} is merged into #{older.number} already"
    if older.suppressed is not None:
        return f"#{older.number} is held back ({older.suppressed.reason}); what is merged into it would be lost"
    if younger.cause.startswith(_GATHERS):
        return f"#{younger.number} gathers others by itself; merge those into #{older.number}"
    if merging.is_within(draft, older.id, younger.id):
        return f"#{older.number} is a part of #{younger.number}"
    return ""


def _split(draft: Draft, row: Incident, event: Command) -> None:
    piece = _piece(draft, row, _named(event, "part"))
    if piece is None:
        return
    why, alone = _because(event), piece.part
    gone = {piece.store} if piece.store else {alone.home} if alone is not None and not row.home else set()
    row = changed(
        row,
        apart=tuple(dict.fromkeys((*row.apart, piece.key))),
        stores=tuple(store for store in row.stores if store not in gone) or row.stores,
        symptoms=tuple(ref for ref in row.symptoms if ref != ref_of(piece.key)),
    )
    _said(draft, row, "split", f"{piece.key} was taken out and stands alone{why}", event.actor)
    draft.put_incident(row)
    if alone is not None:
        alone = changed(alone, merged=None, parent=None, suppressed=None, worst=None)
        _said(draft, alone, "split", f"taken out of #{row.number}{_ticket(row)}: stands alone{why}", event.actor)
        draft.put_incident(alone)
        if alone.cause.startswith(_BY_HAND):
            act(draft, alone)
    _judge_again(draft, row, piece)


def _called_in(draft: Draft, row: Incident, other: Incident) -> Incident:
    """The one that a person made is the other's first call (rule 30)."""
    return ledger.called(draft, row, other.learnt_at) if other.cause.startswith(_BY_HAND) else row


def _judge_again(draft: Draft, row: Incident, piece: Piece) -> None:
    ref, _, store = piece.key.partition("@")
    home = piece.part.home if piece.part is not None else store or row.home
    if home:
        draft.touch(home)
    if draft.estate.is_shared(ref) and not (piece.part is not None and piece.part.home):
        draft.touch_shared(ref)


def _unsplittable(draft: Draft, row: Incident, event: Command) -> str:
    if _piece(draft, row, _named(event, "part")) is not None:
        return ""
    has = [
        *(part.ci for part in draft.parts(row.id)),
        *row.symptoms,
        *(row.stores if _is_of_stores(draft, row) else ()),
    ]
    known = f"; it has {', '.join(dict.fromkeys(has[:10]))}" if has else " to be taken out"
    return f"#{row.number} has no one part, symptom or store {text(event.arguments, 'part')[:60]!r}{known}"


def _piece(draft: Draft, row: Incident, name: str) -> Piece | None:
    """What `name` is of the incident: a part by its id, CI or store, a symptom by its CI, or one of several stores."""
    parts = draft.parts(row.id)
    for names in ((part.id for part in parts), (part.ci for part in parts), (part.home for part in parts)):
        found = [part for part, one in zip(parts, names, strict=True) if one == name]
        if name and len(found) == 1:
            return Piece(merging.key_of(found[0]), found[0])
    if name in row.symptoms:
        return Piece(f"{name}@{row.home}" if draft.estate.is_shared(name) else name)
    if _is_of_stores(draft, row) and name in row.stores:
        return Piece(f"{row.ci}@{name}", store=name)
    return None


def _is_of_stores(draft: Draft, row: Incident) -> bool:
    """A shared CI's, seen by several stores, each of which could be wrong about where the fault is."""
    return not row.home and draft.estate.is_shared(row.ci) and len(row.stores) > 1


def _by_age(one: Incident, other: Incident) -> tuple[Incident, Incident]:
    return (one, other) if one.number <= other.number else (other, one)


def _said(draft: Draft, row: Incident, kind: str, told: str, actor: str) -> None:
    draft.tell(row.id, kind, told, DONE, actor)
    if row.opened_at is not None:
        draft.effect("update_ticket", row.id, f"{row.id}:{kind}:{draft.now:.3f}", row.resolver_group, told)


def _ticket(row: Incident) -> str:
    return f" ({row.ticket.system} {row.ticket.id})" if row.ticket is not None else ""


def _named(event: Command, name: str) -> str:
    """As it is: an incident's id may look like a card number, and is only looked up."""
    value = event.arguments.get(name)
    return value if isinstance(value, str) else ""


def _because(event: Command) -> str:
    why = text(event.arguments, "reason")
    return f": {why}" if why else ""


def _told_again(row: Incident) -> Finding:
    same = ("cause", "category", "ci", "title", "priority", "service", "started_at", "learnt_at", "home", "stores")
    return Finding(**{name: getattr(row, name) for name in same})


VERBS = {"merge": on_incident("merge", _merge, _unmergeable), "split": on_incident("split", _split, _unsplittable)}
