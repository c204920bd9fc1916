"""Rule 30: once a day each rule's precision is looked at. Where it is too low its owner is told; nothing is muted."""

from rules.course import ledger
from rules.course.finding import Finding
from rules.course.incident import Reason
from rules.course.incidents import ensure
from rules.course.ledger import Account
from rules.course.restore import recover
from rules.draft import Draft
from rules.given.playbook import OTHER

RULE = "30 ledger"


def look(draft: Draft) -> None:
    """At the end of a day: forgets what is too old, and tells the owners of rules that are wrong too often."""
    first = ledger.day_of(draft.now - draft.policy.ledger.within)
    for key, _ in draft.tallies():
        if key < first:
            draft.put("ledger", key, None)
    kept = draft.tallies()
    for account in ledger.accounts(kept):
        _judge(draft, account)
    known = {f"rule:{ledger.rule_of(key)}" for key, _ in kept}
    for row in draft.of_home(""):
        if row.cause.startswith("rule:") and row.cause not in known:
            recover(draft, row, draft.now)
    draft.wake(f"{ledger.TIMER}:daily", ledger.next_day(draft.now) if kept else None)


def is_too_low(draft: Draft, account: Account) -> bool:
    """Only with so many judgements that a share says something."""
    law, precision = draft.policy.ledger, account.precision
    return precision is not None and account.judged >= law.least and precision < law.precision


def _judge(draft: Draft, account: Account) -> None:
    cause = f"rule:{account.rule}"
    row = draft.by_cause(cause)
    if not is_too_low(draft, account):
        if row is not None and row.state != "resolved":
            recover(draft, row, draft.now)
        return
    law, tally = draft.policy.ledger, account.tally
    share = f"{account.precision or 0:.0%} right: {tally.false} of {account.judged} that people judged were false"
    ensure(
        draft,
        Finding(
            cause=cause,
            category=OTHER,
            ci=f"rule {account.rule}",
            title=f"Rule {account.rule}: {share}",
            priority=3,
            service=draft.policy.category(OTHER).service,
            started_at=draft.now,
            learnt_at=draft.now,
            resolver_group=law.owner_of(account.rule),
            reasons=(
                Reason(RULE, f"{share}, wanted are {law.precision:.0%}; it goes on as before until it is mended"),
            ),
        ),
    )
