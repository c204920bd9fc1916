"""The evidence pack as text for a mail: plain lines, UTC, everything from outside made harmless, and bounded."""

from datetime import UTC, datetime

from rules.answers.evidence_pack import Evidence, Witness
from rules.said import one_line

MOST = 16_000  # characters
_WITNESSES = 25
_LINE = 240


def text(pack: Evidence) -> str:
    lines = [
        f"Incident #{pack.number}, P{pack.priority}: {pack.title}",
        f"As of {_when(pack.at)}",
        "",
        f"What fails: {pack.item} ({pack.ci})" + (f", of {pack.vendor}" if pack.vendor else ""),
        f"Since: {_when(pack.started_at)} at the store; known here {_when(pack.learnt_at)}",
        f"Seen by: {pack.stores} {'store' if pack.stores == 1 else 'stores'}{_spread(pack)}",
    ]
    if pack.seen_well:
        lines.append(f"Seen well by: {pack.seen_well} stores")
    if pack.affected.lanes_total:
        lines.append(f"Lost: {pack.affected.lanes_down} of {pack.affected.lanes_total} {pack.affected.unit}")
    lines += _listed("What it is not:", pack.excluded)
    lines += _listed("Control targets:", [f"{one.ref}: {one.well} well, {one.failing} not" for one in pack.controls])
    lines += _listed("Who sees it:", [_witness(one) for one in pack.witnesses[:_WITNESSES]])
    if len(pack.witnesses) > _WITNESSES or pack.stores > _WITNESSES:
        lines.append("* and more")
    told = [f"{_when(one.at)} {one.kind}: {one.text} ({one.actor})" for one in pack.story]
    lines += _listed("What happened:" + (f" (the newest; {pack.left_out} lines left out)" * bool(pack.left_out)), told)
    whole = "\n".join(_harmless(line) for line in lines)
    return whole if len(whole) <= MOST else whole[: MOST - 1] + "…"


def _witness(one: Witness) -> str:
    where = ", ".join(filter(None, (one.name, one.region, one.carrier)))
    took = "" if one.latency is None else f", last answer took {one.latency:.3g} s"
    stale = "" if one.fresh else ", not heard since"
    said = f": {one.text}" if one.text else ""
    state = f"{one.state} since {_when(one.since)}{took}{stale}{said}"
    return f"{one.store} ({where}) {one.agent}, {one.ref}/{one.check} {state}"


def _spread(pack: Evidence) -> str:
    parts = [", ".join(f"{name} {number}" for name, number in group.items()) for group in (pack.carriers, pack.regions)]
    words = [f"{word}: {part}" for word, part in zip(("carriers", "regions"), parts, strict=True) if part]
    return f" ({'; '.join(words)})" if words else ""


def _listed(head: str, rows: "list[str] | tuple[str, ...]") -> list[str]:
    return ["", head, *(f"* {row}" for row in rows)] if rows else []


def _harmless(line: str) -> str:
    plain = one_line(line)
    return plain if len(plain) <= _LINE else plain[: _LINE - 1] + "…"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
