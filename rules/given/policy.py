"""The policy: every number and name of the rules as data. Equality and list matchers only, no expression language."""

from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from contract import documents
from contract.documents import DocumentError, Loaded, Mistake
from contract.units import Duration, from_document
from rules.course.incident import Priority
from rules.given import calendars
from rules.given.calendars import Calendar
from rules.given.cmdb import Item, Store
from rules.given.numbers import (
    Backup,
    ChainFault,
    Changes,
    Contrast,
    Ending,
    Evidence,
    Flapping,
    Hours,
    Ledger,
    LossBand,
    Major,
    Offline,
    Pauses,
    Peak,
    Pins,
    Problems,
    SharedFault,
    Sla,
    SlaException,
    Target,
    Unreachable,
    Windows,
)
from rules.given.playbook import (
    AGENT_SILENT,
    OTHER,
    STORE_UNREACHABLE,
    UNKNOWN_CI,
    Category,
    Matcher,
    Matrix,
    Operator,
    Service,
    number,
)
from rules.repeats.problem import MOST

SHIPPED = Path(__file__).parents[1] / "policies"
LONGEST_HOLD = 60.0

_NEEDED = {
    STORE_UNREACHABLE: "rule 5 needs it",
    AGENT_SILENT: "rule 5 needs it",
    UNKNOWN_CI: "rule 4 needs it",
    OTHER: "what matches nothing needs it",
}


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The whole file. `services` are in the order of what matters most to customers."""

    name: str
    services: dict[str, Service]
    categories: dict[str, Category]
    categorise: list[Matcher]
    tenders: list[str] = []
    controls: list[str] = []
    loss: list[LossBand]
    sla: Sla
    evidence: Evidence
    unreachable: Unreachable
    shared_fault: SharedFault
    chain: ChainFault
    ending: Ending
    hours: Hours
    windows: Windows = Windows()
    ledger: Ledger = Ledger()
    offline: Offline = Offline()
    peak: Peak = Peak()
    backup: Backup = Backup()
    matrix: Matrix = (("P1", "P1", "P2"), ("P1", "P2", "P3"), ("P2", "P3", "P3"))
    operators: dict[str, Operator] = {}
    pins: Pins = Pins()
    business_calendars: dict[str, Calendar] = {}
    pauses: Pauses = Pauses()
    problems: Problems = Problems()
    changes: Changes = Changes()
    contrast: Contrast = Contrast()
    flapping: Flapping = Flapping()
    major: Major = Major()

    @cached_property
    def chains(self) -> tuple[str, ...]:
        """The categories whose losses in several stores may be one incident."""
        return tuple(name for name, category in self.categories.items() if category.chain)

    def category(self, name: str) -> Category:
        """A category's playbook; of one that an older policy had, what applies to everything else."""
        return self.categories.get(name) or self.categories[OTHER]

    def rank(self, service: str) -> int:
        """Its place among `services`, from 0; one that the policy does not name comes after all that it does."""
        return self._ranks.get(service, len(self._ranks))

    def worst_of(self, service: str) -> Priority:
        """What losing it can come to: the highest ceiling of the categories that are about it (a sign: P3)."""
        return self._worst.get(service, 1)

    def stable_for(self, category: str) -> float:
        """Seconds for which an incident of the category must be well to be over."""
        stable = self.category(category).stable
        return self.ending.stable if stable is None else stable

    def category_of(self, item: Item, store: Store | None) -> str:
        return next((rule.category for rule in self.categorise if rule.matches(item, store)), OTHER)

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {service: at for at, service in enumerate(self.services)}

    @cached_property
    def _worst(self) -> dict[str, Priority]:
        found: dict[str, Priority] = {}
        for one in self.categories.values():
            found[one.service] = min(found.get(one.service, 3), number(one.ceiling))
        return found


def load(name_or_path: str) -> dict[str, Any]:
    """The plain data of a shipped policy (`retail`) or of a file. Raises DocumentError with every mistake."""
    shipped = SHIPPED / f"{name_or_path}.yaml"
    path = shipped if shipped.parent == SHIPPED and shipped.is_file() else Path(name_or_path)
    if not path.is_file() and "/" not in name_or_path and not path.suffix:
        known = ", ".join(sorted(one.stem for one in SHIPPED.glob("*.yaml")))
        raise DocumentError(name_or_path, [Mistake(0, "", f"no such policy and no such file; shipped are: {known}")])
    loaded = documents.load(documents.text_of(path), str(path))
    checked(loaded, str(path))
    document: dict[str, Any] = loaded.data
    return document


def checked(loaded: Loaded, name: str) -> Policy:
    """The typed policy. Raises DocumentError also for what only shows when the parts are seen together."""
    policy = documents.convert(loaded, Policy, name)
    mistakes = [Mistake(loaded.lines.get(path, 0), path, text) for path, text in _contradictions(policy)]
    if mistakes:
        raise DocumentError(name, mistakes)
    return policy


def typed(document: dict[str, Any]) -> Policy:
    """As `checked`, for the plain data of a journal entry. Raises DocumentError."""
    return _read(msgspec.json.encode(document))


@lru_cache(maxsize=4)  # every replay and every look at another policy reads the same one again
def _read(encoded: bytes) -> Policy:
    document = msgspec.json.decode(encoded)
    return checked(Loaded(document, {}), str(document.get("name", "policy")))


def scaled(document: dict[str, Any], factor: float) -> dict[str, Any]:
    """The policy with every duration divided by `factor`, for demonstrations and tests.

    No duration falls below one second: facts travel as fast as ever, and a hold must still catch them.
    """
    faster: dict[str, Any] = _divided(msgspec.convert(document, Policy, dec_hook=from_document), factor)
    return faster


def _divided(value: Any, factor: float) -> Any:
    match value:
        case Duration():
            return f"{max(value / factor, min(value, 1.0)):.3f}s"
        case Target(resolve_business_days=days) if days:
            return {"respond": _divided(value.respond, factor), "resolve": _divided(Duration(days * 86_400), factor)}
        case msgspec.Struct():
            fields = msgspec.structs.fields(value)
            plain = {field.encode_name: _divided(getattr(value, field.name), factor) for field in fields}
            return {key: found for key, found in plain.items() if found is not None}
        case dict():
            return {key: _divided(found, factor) for key, found in value.items()}
        case list():
            return [_divided(found, factor) for found in value]
        case _:
            return value


def _contradictions(policy: Policy) -> list[tuple[str, str]]:
    found = [
        (f"categories.{name}", f"missing; {why}") for name, why in _NEEDED.items() if name not in policy.categories
    ]
    for name, category in policy.categories.items():
        found += _of_category(policy, f"categories.{name}", category)
    for at, rule in enumerate(policy.categorise):
        if rule.category not in policy.categories:
            expected = _some(policy.categories)
            found.append((f"categorise[{at}].category", f"found {rule.category!r}, expected one of {expected}"))
    return found + _of_numbers(policy)


def _of_category(policy: Policy, path: str, category: Category) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if category.service and category.service not in policy.services:
        found.append((f"{path}.service", f"found {category.service!r}, expected one of {_some(policy.services)}"))
    if category.floor < category.ceiling:
        found.append((f"{path}.floor", f"{category.floor} is above the ceiling {category.ceiling}"))
    if category.at_fault < category.ceiling:
        found.append((f"{path}.at_fault", f"{category.at_fault} is above the ceiling {category.ceiling}"))
    return found


def _of_numbers(policy: Policy) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, held in (("hold", policy.evidence.hold), ("vote_hold", policy.evidence.vote_hold)):
        if held > LONGEST_HOLD:
            found.append((f"evidence.{key}", f"found {held:g}s, expected at most {LONGEST_HOLD:g}s (rule 11)"))
    if not 0 < policy.ledger.precision <= 1:
        found.append(("ledger.precision", f"found {policy.ledger.precision:g}, expected a share above 0, at most 1"))
    for key, needed in (("on_item", policy.problems.on_item), ("on_share", policy.problems.on_share)):
        if not 1 <= needed <= MOST:
            found.append((f"problems.{key}", f"found {needed}, expected 1 to {MOST} (rule 27)"))
    lost = [band.lost for band in policy.loss]
    if lost != sorted(lost, reverse=True) or not lost or lost[-1] != 0:
        found.append(("loss", "the shares lost must descend and end with 0"))
    if not 0 < (share := policy.major.unable_to_sell) <= 1:
        found.append(("major.unable_to_sell", f"found {share:g}, expected a share above 0 and up to 1"))
    found += _of_capacity(policy)
    found += _of_targets("sla", policy.sla)
    for at, special in enumerate(policy.sla.exceptions):
        path = f"sla.exceptions[{at}]"
        if not special.category and not special.service:
            found.append((path, "needs a category or a service; what is for all stands above"))
        for key, wanted, known in (
            ("category", special.category, policy.categories),
            ("service", special.service, policy.services),
        ):
            strange = [one for one in (wanted if isinstance(wanted, list) else [wanted]) if one and one not in known]
            found += [(f"{path}.{key}", f"found {one!r}, expected one of {_some(known)}") for one in strange]
        found += _of_targets(path, special)
    return found + list(calendars.mistakes(policy.business_calendars)) + _of_pauses(policy)


def _of_targets(path: str, targets: Sla | SlaException) -> list[tuple[str, str]]:
    known = [(f"{path}.P{at}", targets.of(at)) for at in (1, 2, 3)]
    return [
        (name, "needs either resolve or resolve_business_days")
        for name, target in known
        if target is not None and (target.resolve is None) == (target.resolve_business_days == 0)
    ]


def _of_pauses(policy: Policy) -> list[tuple[str, str]]:
    strange = [one for one in policy.pauses.with_reference if one not in policy.pauses.reasons]
    expected = ", ".join(policy.pauses.reasons)
    return [("pauses.with_reference", f"found {one!r}, expected one of {expected}") for one in strange]


def _of_capacity(policy: Policy) -> list[tuple[str, str]]:
    found = [
        (f"offline.services[{at}]", f"found {name!r}, expected one of {_some(policy.services)}")
        for at, name in enumerate(policy.offline.services)
        if name not in policy.services
    ]
    for key in ("used", "selling"):
        share = getattr(policy.offline, key)
        if not 0 < share <= 1:
            found.append((f"offline.{key}", f"found {share:g}, expected a share above 0 and up to 1"))
    for at, day in enumerate(policy.peak.days):
        if not _is_date(day):
            found.append((f"peak.days[{at}]", f"found {day!r}, expected a date such as 2026-11-27"))
    if missing := {"P1", "P2", "P3"} - {band for row in policy.matrix for band in row}:
        found.append(("matrix", f"no impact and urgency give {min(missing)}"))
    return found


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _some(names: dict[str, Any]) -> str:
    return ", ".join(names)
