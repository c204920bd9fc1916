"""A second, small reading of the rules: what may be said of an incident, or of its absence, by what was told so far.

It shares no code with what decides: it reads the CMDB and the policy as plain data and keeps what agents said. From
that it derives, for each thing that an incident newly says, whether it is so.

It does not check: what a person has made, split, merged or rebound; when something has to be said (the scenarios
expect that); instants, deadlines, escalation; history (rule 21: what is put right later was not so by what was told
then); what stores have in common (rule 14) beyond that each of them had an incident; how many votes are enough (rule
13) beyond that each named store complained; the words of a reason; why a backup line is in use (rule 10). A priority
that another rule than capacity had a hand in is only held to the category's ceiling.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contract.ids import split_check
from contract.records import Transition
from contract.status import Status
from rules.course.incident import Incident, Reason
from rules.entries import (
    AgentHeard,
    AgentSilent,
    CheckRetired,
    CmdbLoaded,
    Command,
    JournalEntry,
    PolicyLoaded,
    Records,
    Snapshot,
)

_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_BANDS = {"P1": 1, "P2": 2, "P3": 3}
# Labels that name the priority's only reason. Whatever else is there may have had a hand in it.
_ONLY_CAPACITY = {"1 evidence", "6 capacity", "7 capacity", "11 symptom", "11 part", "13 path"}


class Evidence:
    """What agents have said, and what people have asked for, up to now."""

    def __init__(self, cmdb: dict[str, Any], policy: dict[str, Any]) -> None:
        self.rearranged = False  # a person has split, merged or rebound something
        self._read(cmdb, policy)
        self.told: dict[str, dict[str, Status]] = {}
        self.silent: set[str] = set()
        self.unsure: set[str] = set()  # heard again, and has not said yet what is so now
        self.ever: set[str] = set()  # of what anybody ever complained
        self.windows: list[tuple[str, list[str]]] = []  # kind and names of each that was asked for

    def _read(self, cmdb: dict[str, Any], policy: dict[str, Any]) -> None:
        self.policy = policy
        self.stores: dict[str, dict[str, Any]] = {one["id"]: one for one in cmdb.get("stores", [])}
        self.items: dict[str, dict[str, Any]] = {_ref(one): one for one in cmdb.get("items", [])}
        self.store_of = {agent: id_ for id_, one in self.stores.items() for agent in one.get("agents", [])}
        self.needs = {ref: self._needed(one) for ref, one in self.items.items()}
        self.holidays: dict[str, dict[str, str]] = cmdb.get("calendars", {})
        self._cmdb = cmdb

    def take(self, entry: JournalEntry) -> None:  # noqa: PLR0912 - one case an entry
        match entry:
            case Records():
                for record in entry.records:
                    if isinstance(record, Transition):
                        self._hear(entry.agent, record.check, record.after, counts=entry.live)
            case Snapshot():
                self.told[entry.agent] = {}
                self.silent.discard(entry.agent)
                self.unsure.discard(entry.agent)
                for belief in entry.beliefs:
                    self._hear(entry.agent, belief.check, belief.state, counts=True)
            case CheckRetired():
                self.told.get(entry.agent, {}).pop(entry.check, None)
            case AgentSilent():
                self.silent.add(entry.agent)
            case AgentHeard() if entry.agent in self.silent:
                self.silent.discard(entry.agent)
                self.unsure.add(entry.agent)
            case CmdbLoaded():
                self._read(entry.document, self.policy)
            case PolicyLoaded():
                self._read(self._cmdb, entry.document)
            case Command(name="split" | "merge" | "rebind"):
                self.rearranged = True
            case Command() if entry.name.startswith("add_"):
                named = [*entry.arguments.get("stores", []), *entry.arguments.get("cis", [])]
                kind = "maintenance" if entry.arguments.get("maintenance") else entry.name.removeprefix("add_")
                self.windows.append((kind, named))
            case _:
                pass

    def states(self, ref: str, store: str) -> dict[str, list[Status]]:
        """Check name → what the store's agents said of it."""
        bare = ref.rpartition("/")[2]
        found: dict[str, list[Status]] = {}
        for agent in self.stores.get(store, {}).get("agents", []):
            for check, state in self.told.get(agent, {}).items():
                ci, name = split_check(check)
                own = f"{store}/{ci}" in self.items or ci not in self.items
                if ci == bare and (f"{store}/{ci}" if own else ci) == ref:
                    found.setdefault(name, []).append(state)
        return found

    def says(self, ref: str, store: str, wanted: Status) -> bool:
        """A check that at least three make is as most of them say, any other as one of them does."""
        for told in self.states(ref, store).values():
            times = told.count(wanted)
            if times and (len(told) < 3 or 2 * times > len(told)):
                return True
        return False

    def fails(self, ref: str, store: str) -> bool:
        return self.says(ref, store, Status.CRITICAL)

    def backups(self) -> set[str]:
        """Lines that are in use when another fails, which they do not need."""
        classes = self.policy.get("backup", {}).get("backup", ["backup_line"])
        return {ref for ref, one in self.items.items() if one["class"] in classes}

    def was_bad(self, ref: str) -> bool:
        return ref in self.ever

    def above(self, ref: str) -> set[str]:
        """Everything that it needs, directly or not."""
        found: set[str] = set()
        waiting = [ref]
        while waiting:
            new = [one for one in self.needs.get(waiting.pop(), []) if one not in found]
            found.update(new)
            waiting += new
        return found

    def explains_down(self, ref: str, store: str, at_fault: Iterable[str]) -> bool:
        """Down by its own evidence, by its tenders, or unwatched below something that fails."""
        if self.fails(ref, store) or ref in at_fault:
            return True
        tenders = [one for one, needs in self.needs.items() if ref in needs and self._is_tender(one)]
        if tenders and all(self.fails(one, store) or self._below_failing(one, store, at_fault) for one in tenders):
            return True
        return self._below_failing(ref, store, at_fault)

    def losses(self, store: str, at_fault: Iterable[str]) -> dict[str, float]:
        """Service → the share that the store has lost."""
        members = [
            one for one in self.items.values() if one.get("store") == store and one.get("lifecycle", "live") == "live"
        ]
        found = {}
        for service in {service for one in members for service in one.get("provides", [])}:
            givers = [one for one in members if service in one.get("provides", [])]
            total = sum(one.get("weight", 1.0) for one in givers if one.get("expected") != "optional")
            up = sum(one.get("weight", 1.0) for one in givers if not self.explains_down(_ref(one), store, at_fault))
            if total:
                found[service] = max(0.0, 1 - min(up, total) / total)
        return found

    def category(self, ref: str) -> dict[str, Any]:
        item = self.items.get(ref, {})
        store = self.stores.get(item.get("store") or "", {})
        seen = {
            "class": item.get("class"),
            "id": item.get("id"),
            "vendor": item.get("vendor"),
            "store": item.get("store"),
        }
        seen |= {"region": store.get("region"), "operator": store.get("operator", "own")}
        for rule in self.policy["categorise"]:
            wanted = {key: value for key, value in rule.items() if key != "category"}
            if all(seen.get(key) in (value if isinstance(value, list) else [value]) for key, value in wanted.items()):
                return dict(self.policy["categories"][rule["category"]])
        return dict(self.policy["categories"]["other" if item else "unknown_ci"])

    def is_open(self, store: str, at: float, service: str = "") -> bool:
        """By its weekly hours, or the service's own, and what exceptions, events and holidays put in their place;
        without any, always.
        """
        known = self.stores[store]
        own = known.get("service_hours", {}).get(service)
        if not (own or known.get("hours")):
            return True
        holidays = {} if own else self.holidays.get(known.get("calendar", ""), {})
        known = {**known, "hours": own or known["hours"], "events": _events_of(known, service)}
        now = datetime.fromtimestamp(at, ZoneInfo(known.get("timezone", "UTC")))
        return any(
            start <= now < end
            for day in (now - timedelta(days=1), now)
            for start, end in _spans(known, holidays, day.replace(hour=0, minute=0, second=0, microsecond=0))
        )

    def _hear(self, agent: str, check: str, state: Status, *, counts: bool) -> None:
        if counts:
            self.told.setdefault(agent, {})[check] = state
        if state in (Status.CRITICAL, Status.WARNING):
            ci, store = split_check(check)[0], self.store_of.get(agent, "")
            self.ever |= {f"{store}/{ci}", ci}

    def _needed(self, item: dict[str, Any]) -> list[str]:
        own = [f"{item.get('store')}/{name}" for name in item.get("depends_on", [])]
        named = zip(own, item.get("depends_on", []), strict=True)
        return [one if one in self.items else name for one, name in named if one in self.items or name in self.items]

    def _is_tender(self, ref: str) -> bool:
        item = self.items[ref]
        return item["class"] in self.policy.get("tenders", []) and item.get("lifecycle", "live") == "live"

    def _below_failing(self, ref: str, store: str, at_fault: Iterable[str]) -> bool:
        watched = bool(self.states(ref, store))
        return not watched and any(self.fails(one, store) or one in at_fault for one in self.above(ref))


def false_claims(
    known: Evidence, row: Incident, before: Incident | None, others: dict[str, Incident], now: float
) -> Iterator[str]:
    """What the incident newly says and is not so. `others` are all incidents, as they are after the step."""
    if "historical" in row.flags or "manual" in row.flags or known.rearranged:
        return
    faults = {one.ci for one in others.values() if one.ci in known.items and not one.home and one.state != "resolved"}
    about = row.cause.partition(":")[2].partition("@")[0]
    rules = {reason.rule for reason in row.reasons}
    if before is None or row.reasons != before.reasons:
        yield from _false_evidence(known, row, about, rules)
    if before is None or row.symptoms != before.symptoms:
        new = set(row.symptoms) - set(before.symptoms if before is not None else ()) - known.backups()
        yield from (f"{one} explained, and nobody ever complained of it" for one in new if not known.was_bad(one))
        yield from (f"{one} explained, and does not need {about}" for one in new if not _needs(known, one, about))
    if row.home in known.stores and rules <= _ONLY_CAPACITY | {"25 window"} and "1 evidence" in rules:
        yield from _false_numbers(known, row, before, about, faults)
    if row.suppressed is not None and (before is None or row.suppressed != before.suppressed):
        yield from _false_suppression(known, row, others, now)


def _needs(known: Evidence, one: str, about: str) -> bool:
    """Below it; a vote on a shared CI may be explained by that CI or by a control target."""
    return about in known.above(one) or about == one or about not in known.items or "/" not in about


def _false_evidence(known: Evidence, row: Incident, about: str, rules: set[str]) -> Iterator[str]:
    states = {"1 evidence": Status.CRITICAL, "3 warning": Status.WARNING, "3 unknown": Status.UNKNOWN}
    for rule, state in states.items():
        if rule in rules and row.home and not known.says(about, row.home, state):
            yield f"{rule}: no agent of {row.home} says that {about} is {state.word}"
    if "13 shared" in rules and not row.home:
        weak = [one for one in row.stores if not known.was_bad(about) or one not in known.stores]
        yield from (f"13 shared: {one} never complained of {about}" for one in weak)
    if "5 silence" in rules and row.category in ("store_unreachable", "agent_silent"):
        heard = [one for one in known.stores[row.home].get("agents", []) if one not in known.silent]
        if row.category == "store_unreachable" and heard:
            yield f"5 silence: {', '.join(heard)} can be heard"
        if row.category == "agent_silent" and not set(known.stores[row.home].get("agents", [])) & known.silent:
            yield "5 silence: all agents can be heard"


def _false_numbers(
    known: Evidence, row: Incident, before: Incident | None, about: str, faults: set[str]
) -> Iterator[str]:
    shared = known.items.get(about, {}).get("store") is None and about in known.items
    if shared:
        return  # what a store sees of shared CIs is weighed by its votes
    losses = known.losses(row.home, faults)
    if (before is None or row.loss != before.loss) and not any(
        abs(row.loss - one) < 1e-9 for one in [0.0, *losses.values()]
    ):
        yield f"{row.loss:.0%} lost, but the evidence gives {losses}"
    if before is None or row.affected != before.affected:
        alive = [one for one in row.affected.cis if not known.explains_down(one, row.home, faults)]
        yield from (f"{one} is named as hit, and is not down" for one in alive)
    category = known.category(about)
    ceiling, floor = _BANDS[category.get("ceiling", "P1")], _BANDS[category.get("floor", "P3")]
    if row.priority < ceiling:
        yield f"P{row.priority} is above the ceiling P{ceiling}"
    if (before is None or row.priority != before.priority) and row.parent is None and row.opened_at is None:
        wanted = max(min(_band(known, row, losses), floor), ceiling)
        if row.priority != wanted:
            yield f"P{row.priority}, but a loss of {row.loss:.0%} in bands, floor and ceiling gives P{wanted}"


def _band(known: Evidence, row: Incident, losses: dict[str, float]) -> int:
    """Of the loss; a service that only minor categories are about is no worse than they are."""
    of_loss = next(_BANDS[one["priority"]] for one in known.policy["loss"] if row.loss + 1e-9 >= one["lost"])
    about = [one for one in known.policy["categories"].values() if one.get("service") == row.service]
    return max(of_loss, min((_BANDS[one.get("ceiling", "P1")] for one in about), default=1))


def _false_suppression(known: Evidence, row: Incident, others: dict[str, Incident], now: float) -> Iterator[str]:
    held = row.suppressed
    assert held is not None
    match held.rule:
        case "11 symptom" | "11 part" | "14 chain":
            parent = others.get(row.parent or "")
            if parent is None or parent.state in ("resolved", "closed") or f"#{parent.number}" not in held.reason:
                yield f"held back as part of {row.parent}, which is not an open incident"
        case "25 window":
            about = row.cause.partition(":")[2].partition("@")[0]
            names = {about, row.home, row.ci, *row.stores, *known.above(about)}
            if not any(names & set(named) and kind in held.reason for kind, named in known.windows):
                yield "held back by a window that nobody asked for"
        case "9 hours":
            service = row.service if row.affected.lanes_total else ""  # what nothing gives has the store's hours
            if known.is_open(row.home, now, service):
                yield f"held back because {service} of {row.home} is closed, and it is open"
        case _:
            pass


def false_absence(  # noqa: PLR0912 - one case a reason
    known: Evidence, ref: str, reasons: Iterable[Reason], others: Iterable[Incident]
) -> Iterator[str]:
    """What `why` says of an item without an incident, and is not so."""
    item = known.items[ref]
    store = item.get("store") or ""
    agents = known.stores.get(store, {}).get("agents", [])
    for reason in reasons:
        match reason.rule:
            case "1 evidence" if "every check" in reason.text:
                bad = [told for states in known.states(ref, store).values() for told in states if told is not Status.OK]
                if bad and not any(known.says(ref, store, Status.OK) for _ in bad):
                    yield f"every check of {ref} is said to be ok, and {bad} was told"
            case "1 evidence" if "nothing checks" in reason.text:
                if known.states(ref, store):
                    yield f"nothing is said to check {ref}, and something does"
            case "5 silence" if "cannot be seen" in reason.text or "not heard" in reason.text:
                if agents and (known.silent | known.unsure).isdisjoint(agents):
                    yield f"{ref} is said to be out of sight, and every agent of {store} is heard"
            case "28 lifecycle":
                if item.get("lifecycle", "live") == "live":
                    yield f"{ref} is said not to be live, and is"
            case "2 off":
                if item.get("expected") != "trading" or not known.fails(ref, store):
                    yield f"{ref} is said to be off, and it does not fail, or is expected always"
            case "3 warning":
                if not known.says(ref, store, Status.WARNING):
                    yield f"{ref} is said to warn, and nobody says so"
            case "3 unknown":
                if not known.says(ref, store, Status.UNKNOWN):
                    yield f"{ref} is said not to be known, and it is"
            case "11 symptom":
                shared = {row.ci for row in others if not row.home}
                if not any(known.fails(one, store) or one in shared for one in known.above(ref)):
                    yield f"{ref} is said to be explained, and nothing above it fails"
            case _:
                pass


def _ref(item: dict[str, Any]) -> str:
    return f"{item['store']}/{item['id']}" if item.get("store") else str(item["id"])


def _spans(store: dict[str, Any], holidays: dict[str, str], midnight: datetime) -> Iterator[tuple[datetime, datetime]]:
    hours, today = store["hours"], midnight.date().isoformat()
    text = hours.get("exceptions", {}).get(today) or _event_hours(store, today) or holidays.get(today)
    for key, value in hours.items() if text is None else ():
        first, _, last = key.partition("-")
        if key != "exceptions" and _DAYS.index(first) <= midnight.weekday() <= _DAYS.index(last or first):
            text = value
    for span in str(text or "closed").split(","):
        match span.strip():
            case "closed":
                pass
            case "24h":
                yield midnight, midnight + timedelta(days=1)
            case times:
                start, end = (_at(midnight, one) for one in times.split("-"))
                yield start, end if end > start else end + timedelta(days=1)


def _events_of(store: dict[str, Any], service: str) -> list[dict[str, Any]]:
    """Those that name the service; of the whole store also for what has no hours of its own."""
    whole = service not in store.get("service_hours", {})
    events: list[dict[str, Any]] = store.get("events", [])
    return [one for one in events if service in one.get("services", []) or (whole and not one.get("services"))]


def _event_hours(store: dict[str, Any], today: str) -> str | None:
    """The last of its events that puts other hours in the place of the usual ones."""
    found = None
    for event in store.get("events", []):
        if event["from"] <= today <= event["until"]:
            found = event.get("hours") or (found if event["kind"] == "peak" else "closed")
    return found


def _at(midnight: datetime, text: str) -> datetime:
    hour, minute = text.split(":")
    return midnight + timedelta(hours=int(hour), minutes=int(minute))
