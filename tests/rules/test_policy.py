from typing import Any

import pytest

from contract.documents import DocumentError
from contract.units import duration
from rules.given import policy
from rules.given.cmdb import Item, Store
from rules.given.playbook import Matcher
from tests.rules.estates import RETAIL

TABLE = {  # the incident table that the product exists for
    "pos_outage": ("P1", 0, "major incident"),
    "payment_gateway": ("P1", 0, "vendor escalation"),
    "ecommerce": ("P1", 600, "problem record"),
    "loyalty": ("P2", 1800, "link configuration item"),
    "inventory_sync": ("P2", 3600, "change request review"),
    "signage": ("P3", 14400, "standard ticket"),
}


@pytest.mark.parametrize("category", TABLE)
def test_the_shipped_policy_holds_the_incident_table(category: str) -> None:
    ceiling, first_escalation, playbook = TABLE[category]
    rules = policy.typed(RETAIL).categories[category]
    assert rules.ceiling == ceiling
    assert rules.escalate[0].after == first_escalation
    assert playbook in (rules.playbook or ["standard ticket"])
    assert rules.runbook
    assert rules.resolver_group


def test_every_category_is_reached_by_a_class_or_needed_by_a_rule() -> None:
    known = policy.typed(RETAIL)
    reached = {rule.category for rule in known.categorise}
    assert set(known.categories) - reached == {"store_unreachable", "agent_silent", "unknown_ci", "other"}


LEFT_OUT = ("peak", "pins", "pauses", "windows", "problems", "changes", "flapping", "major", "contrast")


def test_what_a_policy_leaves_out_is_as_in_the_shipped_one() -> None:
    without = {name: section for name, section in RETAIL.items() if name not in LEFT_OUT}
    without |= {"ledger": {"owners": RETAIL["ledger"]["owners"]}, "unreachable": {"trading": "P2", "closed": "P3"}}
    without["evidence"] = {key: RETAIL["evidence"][key] for key in RETAIL["evidence"] if key not in BY_ITSELF}
    without["ending"] = {key: RETAIL["ending"][key] for key in RETAIL["ending"] if key not in BY_ITSELF}
    without["offline"] = {key: RETAIL["offline"][key] for key in ("services", "without")}
    assert policy.typed(without) == policy.typed(RETAIL)


BY_ITSELF = ("backlog", "disputed_after", "residual_over")


CATEGORIES = ", ".join(RETAIL["categories"])
SERVICES = ", ".join(RETAIL["services"])
SHARE = "expected a share above 0"
TARGETS = RETAIL["sla"]
WRONG: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("evidence", {"hold": "61s"}, [("evidence.hold", "found 61s, expected at most 60s (rule 11)")]),
    ("evidence", {"hold": "60s", "vote_hold": "60s"}, []),
    ("ledger", {"precision": 0}, [("ledger.precision", f"found 0, {SHARE}, at most 1")]),
    ("ledger", {"precision": 1}, []),
    ("problems", {"on_item": 0}, [("problems.on_item", "found 0, expected 1 to 50 (rule 27)")]),
    ("problems", {"on_share": 51}, [("problems.on_share", "found 51, expected 1 to 50 (rule 27)")]),
    ("problems", {"on_item": 1, "on_share": 50}, []),
    ("major", {"unable_to_sell": 0}, [("major.unable_to_sell", f"found 0, {SHARE} and up to 1")]),
    ("major", {"unable_to_sell": 1.5}, [("major.unable_to_sell", f"found 1.5, {SHARE} and up to 1")]),
    ("major", {"unable_to_sell": 1}, []),
    ("offline", {"used": 0}, [("offline.used", f"found 0, {SHARE} and up to 1")]),
    ("offline", {"selling": 1, "used": 1}, []),
    ("offline", {"services": ["cafe"]}, [("offline.services[0]", f"found 'cafe', expected one of {SERVICES}")]),
    ("peak", {"days": ["2026-11-27", "soon"]}, [("peak.days[1]", "found 'soon', expected a date such as 2026-11-27")]),
    ("pauses", {"with_reference": ["rain"]}, [("pauses.with_reference", "found 'rain', expected one of ")]),
    ("sla", {"exceptions": [{"P1": TARGETS["P1"]}]}, [("sla.exceptions[0]", "needs a category or a service")]),
    ("sla", {"exceptions": [{"category": ["signage", "pos_outage"], "P1": TARGETS["P1"]}]}, []),
    (
        "sla",
        {"exceptions": [{"service": "cafe"}]},
        [("sla.exceptions[0].service", f"found 'cafe', expected one of {SERVICES}")],
    ),
    (
        "sla",
        {"exceptions": [{"category": ["signage", "cafe"]}]},
        [("sla.exceptions[0].category", f"found 'cafe', expected one of {CATEGORIES}")],
    ),
]


@pytest.mark.parametrize(("section", "change", "mistakes"), WRONG)
def test_a_number_or_a_name_that_cannot_be_is_told_where_it_stands(
    section: str, change: dict[str, Any], mistakes: list[tuple[str, str]]
) -> None:
    found = told({**RETAIL, section: {**RETAIL[section], **change}})
    assert [path for path, _ in found] == [path for path, _ in mistakes]
    assert all(text.startswith(expected) for (_, text), (_, expected) in zip(found, mistakes, strict=True))


@pytest.mark.parametrize("shares", [[0.5, 1, 0], [1, 0.5], []])
def test_the_bands_of_a_loss_descend_to_nothing(shares: list[float]) -> None:
    bands = [{"lost": share, "priority": "P3"} for share in shares]
    assert ("loss", "the shares lost must descend and end with 0") in told({**RETAIL, "loss": bands})


def told(document: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        policy.typed(document)
    except DocumentError as error:
        return [(mistake.path, mistake.text) for mistake in error.mistakes]
    return []


def test_scaling_divides_every_duration_but_none_below_a_second() -> None:
    faster = policy.typed(policy.scaled(RETAIL, 60))
    assert faster.ending.stable == 5
    assert faster.sla.P1.resolve == 60
    assert faster.sla.P3.resolve == duration("24m")
    assert faster.evidence.hold == 1
    assert faster.categories["pos_outage"].escalate[0].after == 0
    assert faster.categories["signage"].escalate[0].after == 240
    assert faster.name == "retail"


def test_scaling_by_one_changes_nothing_but_business_days() -> None:
    same = policy.typed(policy.scaled(RETAIL, 1))
    before = policy.typed(RETAIL)
    assert same.categories == before.categories
    assert (same.evidence, same.ending, same.chain, same.loss) == (
        before.evidence,
        before.ending,
        before.chain,
        before.loss,
    )


def test_a_matcher_needs_every_written_key_and_takes_a_value_or_a_list() -> None:
    till = Item(id="pos-01", klass="pos_terminal", store="0042", vendor="acme")
    here = Store(id="0042", region="north", operator="franchise")
    assert Matcher(category="x", klass=["pos_terminal", "till"], vendor="acme").matches(till, here)
    assert Matcher(category="x", operator="franchise", region=["north"], id="pos-01").matches(till, here)
    assert not Matcher(category="x", klass="pos_terminal", vendor="other").matches(till, here)
    assert not Matcher(category="x", operator="own").matches(till, here)


def test_an_unknown_policy_name_says_which_are_shipped() -> None:
    with pytest.raises(DocumentError, match="retial: no such policy and no such file; shipped are: retail"):
        policy.load("retial")
