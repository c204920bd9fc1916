"""How often each rule was right: what people said of its incidents (rule 30)."""

import msgspec

from collector.http.call import Call, NoQuery
from collector.http.instants import shown
from collector.http.shapes import Shown
from rules.course import ledger as rules_ledger
from rules.course.ledger import Account
from rules.given.policy import Policy


class LedgerRule(msgspec.Struct, frozen=True):
    """A rule's incidents of the last `days`. `precision` null: nobody has judged any. `minutes_before_first_call`: the
    mean of those that people called in, null when nobody did, negative when people were first.
    """

    rule: str
    owner: str
    opened: int
    confirmed: int
    false: int
    precision: float | None
    called: int
    minutes_before_first_call: float | None


class Ledger(msgspec.Struct, frozen=True):
    """`wanted` is the precision below which a rule's owner is told, once `least` incidents were judged."""

    at: Shown
    days: float
    wanted: float
    least: int
    rules: list[LedgerRule]


async def ledger(call: Call[NoQuery, None]) -> Ledger:
    """Of the whole chain: a rule is everybody's."""
    state = call.services.state()
    policy = state.policy
    if policy is None:
        return Ledger(shown(call.services.clock()), 0.0, 0.0, 0, [])
    found = [_rule(policy, one) for one in rules_ledger.accounts(state.ledger.items())]
    law = policy.ledger
    return Ledger(shown(call.services.clock()), law.within / 86_400, law.precision, law.least, found)


def _rule(policy: Policy, one: Account) -> LedgerRule:
    tally = one.tally
    return LedgerRule(
        rule=one.rule,
        owner=policy.ledger.owner_of(one.rule),
        opened=tally.opened,
        confirmed=tally.confirmed,
        false=tally.false,
        precision=one.precision,
        called=tally.called,
        minutes_before_first_call=one.minutes,
    )
