"""Rule 30: what came of each rule's incidents, counted by the day on which they were opened. Nothing is muted by it."""

from collections.abc import Iterable
from datetime import date

import msgspec

from rules.course.incident import Incident, Judged, Reason, Tally
from rules.draft import Draft, changed

TIMER = "ledger"
DAY = 86_400.0  # seconds
_EPOCH = date(1970, 1, 1).toordinal()
_DECIDES = ("2", "3", "5", "8", "10", "13", "14")  # more telling than that something was critical (rule 1)


class Account(msgspec.Struct, frozen=True):
    """A rule over the days that are kept. `precision` None: nobody has judged any; `minutes` None: nobody called."""

    rule: str
    tally: Tally

    @property
    def judged(self) -> int:
        return self.tally.confirmed + self.tally.false

    @property
    def precision(self) -> float | None:
        return self.tally.confirmed / self.judged if self.judged else None

    @property
    def minutes(self) -> float | None:
        """Mean minutes from our opening to the first call; negative when people called before."""
        return self.tally.ahead / self.tally.called / 60 if self.tally.called else None


def opened(draft: Draft, row: Incident) -> Incident:
    """Counted once, when it is first actionable. What a person made proves nothing about a rule."""
    rule = _rule(row.reasons)
    if row.counted or not rule or row.cause.startswith(("manual:", "rule:")):
        return row
    row = changed(row, counted=f"{day_of(draft.now)}/{rule}")
    _add(draft, row, opened=1)
    if draft.deadline(f"{TIMER}:daily") is None:
        draft.wake(f"{TIMER}:daily", next_day(draft.now))
    return row


def judged(draft: Draft, row: Incident, verdict: Judged) -> Incident:
    """A person says whether it was real; what they say last counts."""
    if verdict == row.judged:
        return row
    if row.judged:
        _add(draft, row, **{row.judged: -1})
    _add(draft, row, **{verdict: 1})
    return changed(row, judged=verdict)


def called(draft: Draft, row: Incident, at: float) -> Incident:
    """A person reported it at `at`; the first call counts."""
    if row.called_at is not None and row.called_at <= at:
        return row
    if row.counted and row.opened_at is not None:
        if row.called_at is not None:
            _add(draft, row, called=-1, ahead=row.opened_at - row.called_at)
        _add(draft, row, called=1, ahead=at - row.opened_at)
    return changed(row, called_at=at)


def accounts(rows: Iterable[tuple[str, Tally]]) -> list[Account]:
    """Of the ledger's rows, by rule."""
    sums: dict[str, Tally] = {}
    for key, row in rows:
        rule = rule_of(key)
        sums[rule] = _sum(sums.get(rule, Tally()), row)
    return [Account(rule, sums[rule]) for rule in sorted(sums, key=lambda rule: (int(rule.split()[0]), rule))]


def rule_of(key: str) -> str:
    return key.partition("/")[2]


def day_of(at: float) -> str:
    """In UTC; text that sorts as the days do."""
    return date.fromordinal(_EPOCH + int(at // DAY)).isoformat()


def next_day(now: float) -> float:
    return (now // DAY + 1) * DAY


def _rule(reasons: tuple[Reason, ...]) -> str:
    telling = (reason.rule for reason in reasons if reason.rule.partition(" ")[0] in _DECIDES)
    first = reasons[0].rule if reasons else ""
    return next(telling, first if first.partition(" ")[0].isdecimal() else "")


def _add(draft: Draft, row: Incident, **more: float) -> None:
    """To the day on which it was opened; what is older than the ledger goes back is left."""
    before = draft.tally(row.counted) if row.counted else None
    if before is None and "opened" not in more:
        return
    known = before or Tally()
    after = {name: getattr(known, name) + number for name, number in more.items()}
    draft.put("ledger", row.counted, msgspec.structs.replace(known, **after))


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(*(a + b for a, b in zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)))
