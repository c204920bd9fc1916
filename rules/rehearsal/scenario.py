"""Scenario files: timed inputs, expected incidents, virtual time. What a rule promises, as data that anyone can read.

A scenario starts on a day of its own (`start`), loads a policy and a CMDB, and works off `steps`; each step happens
`at` a time after the start and either puts something in or expects something to be so. Docs: docs/semantics.md.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract import documents
from contract.documents import DocumentError, Mistake
from contract.status import Status
from contract.units import Duration, duration
from rules import engine, rows
from rules.answers.why import why
from rules.asked.change_commands import ADD
from rules.asked.window_commands import END, KINDS
from rules.course.incident import Reason
from rules.entries import (
    AgentHeard,
    AgentSilent,
    CmdbLoaded,
    Command,
    JournalEntry,
    PolicyLoaded,
    Records,
    Snapshot,
    Tick,
)
from rules.given import policy
from rules.given.cmdb import CmdbDocument, Lifecycle
from rules.given.estate import contradictions
from rules.rehearsal.expected import Expected, ExpectedProblem, unlike, unlike_problem
from rules.rehearsal.storyteller import Fleet
from rules.state import State

Word = Literal["ok", "warning", "critical", "unknown"]


class Planned(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """A window that a person makes in this step: `from` and `until` are times after the start.

    `repeats` has `from` and `to` (times of day), `days` and `weeks`; then `until` may be left out.
    """

    kind: Literal["maintenance", "silence"] = "maintenance"
    stores: list[str] = []
    cis: list[str] = []
    since: Duration | None = None
    until: Duration | None = None
    reason: str = "planned work"
    expected: list[str] = []
    repeats: dict[str, Any] | None = None


class Announced(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """A change that is noted in this step: `from` and `until` are times after the start.

    `fixes` is what the problem's occurrences share.
    """

    reference: str
    title: str = "planned work"
    stores: list[str] = []
    cis: list[str] = []
    shares: list[str] = []
    since: Duration | None = None
    until: Duration | None = None
    fixes: str = ""
    maintenance: bool = False


class Repeats(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that comes again and again, from this step on: `of` agents' checks (`agent/check`), one after another.

    It happens `times` times, `every` so long, `lasting` so long, and then heals.
    """

    of: list[str]
    times: int
    every: Duration
    lasting: Duration


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One moment. `checks` maps `agent: {check: status}`; `late` says how long before `at` they happened at the store.

    `forget` takes checks out of an agent's configuration, which its next snapshot shows. `backlog` sends records as
    history, `lost` never sends them. `lifecycle` and `assets` are what the CMDB says of CIs from now on. `end_window`
    ends the window with that reason. `restart`: the collector stopped, and reads its state back. `expect` lists the
    incidents that are not closed, all of them; `effects` all that is to be done outside; `told` some of the reasons
    that are given.
    """

    at: Duration
    checks: dict[str, dict[str, Word]] = {}
    late: Duration = Duration(0)
    backlog: bool = False
    lost: bool = False
    forget: dict[str, list[str]] = {}
    lifecycle: dict[str, Lifecycle] = {}
    assets: dict[str, str] = {}
    snapshot: list[str] = []
    silent: dict[str, Literal["", "stop", "shutdown"]] = {}
    heard: list[str] = []
    command: dict[str, str | float] = {}
    window: Planned | None = None
    end_window: str = ""
    restart: bool = False
    change: Announced | None = None
    repeats: Repeats | None = None
    expect: list[Expected] | None = None
    effects: list[str] | None = None
    refused: str | None = None
    told: list[str] = []
    why: dict[str, str] = {}
    problems: list[ExpectedProblem] | None = None

    @property
    def over(self) -> float:
        """When what it puts in has happened, after the start."""
        return self.at + (self.repeats.every * self.repeats.times if self.repeats is not None else 0.0)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """`policy_with` holds sections of the policy in which this one differs, each with only what is different."""

    name: str
    rule: str | int
    policy: str = "retail"
    policy_with: dict[str, Any] = {}
    start: str = "2026-11-16T09:00:00Z"
    cmdb: CmdbDocument
    steps: list[Step]


class Failure(msgspec.Struct, frozen=True):
    """What was not as expected, at which step (counted from 1)."""

    step: int
    text: str


def read(path: Path) -> Scenario:
    """Raises DocumentError with every mistake."""
    return checked(documents.load(documents.text_of(path), str(path)), str(path))


def checked(loaded: documents.Loaded, name: str) -> Scenario:
    scenario = documents.convert(loaded, Scenario, name)
    mistakes = [Mistake(loaded.lines.get(path, 0), path, text) for path, text in _contradictions(scenario)]
    if mistakes:
        raise DocumentError(name, mistakes)
    return scenario


def files(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*.yaml"))


def run(scenario: Scenario) -> list[Failure]:
    """Plays the scenario; the failures, none when all is as expected."""
    return list(_failures(scenario))


def entries(scenario: Scenario) -> Iterator[tuple[int, JournalEntry]]:  # noqa: PLR0912 - one case a key
    """The journal that the scenario stands for, each entry with its step."""
    start = datetime.fromisoformat(scenario.start).timestamp()
    yield 0, CmdbLoaded(at=start, document=msgspec.to_builtins(scenario.cmdb))
    yield 0, PolicyLoaded(at=start, name=scenario.policy, document=_law(scenario))
    yield 0, Tick(at=start)
    fleet, cmdb = Fleet(), scenario.cmdb
    for number, step in enumerate(scenario.steps, 1):
        now = start + step.at
        yield number, Tick(at=now)
        if step.lifecycle or step.assets:
            cmdb = _turned(cmdb, step)
            yield number, CmdbLoaded(at=now, document=msgspec.to_builtins(cmdb))
        for agent, kind in step.silent.items():
            yield number, AgentSilent(at=now, agent=agent, since=now - step.late, announced=kind)
        for agent in step.heard:
            yield number, AgentHeard(at=now, agent=agent)
        for agent, checks in step.checks.items():
            said = {check: Status[word.upper()] for check, word in checks.items()}
            records = fleet.transitions(agent, said, now - step.late)
            if step.lost:
                continue
            yield number, Records(at=now, agent=agent, generation=1, live=not step.backlog, records=records)
        for agent, gone in step.forget.items():
            fleet.forget(agent, gone)
        for agent in step.snapshot:
            yield number, Snapshot(at=now, agent=agent, beliefs=fleet.snapshot(agent))
        if step.command:
            yield number, _command(step, number, start, now)
        if step.window is not None:
            yield number, _window(step.window, number, start, now)
        if step.end_window:
            yield (
                number,
                Command(at=now, id=f"end-{number}", actor="ann", name=END, arguments={"reason": step.end_window}),
            )
        if step.change is not None:
            yield number, _announced(step.change, number, start, now)
        if step.repeats is not None:
            yield from ((number, entry) for entry in _again(step.repeats, fleet, now))
        yield number, Tick(at=start + step.over)


def _again(repeats: Repeats, fleet: Fleet, now: float) -> Iterator[JournalEntry]:
    for turn in range(repeats.times):
        agent, _, check = repeats.of[turn % len(repeats.of)].partition("/")
        began = now + turn * repeats.every
        for at, status in ((began, Status.CRITICAL), (began + repeats.lasting, Status.OK)):
            records = fleet.transitions(agent, {check: status}, at)
            yield Records(at=at, agent=agent, generation=1, live=True, records=records)


def _law(scenario: Scenario) -> dict[str, Any]:
    document = policy.load(scenario.policy)
    for section, different in scenario.policy_with.items():
        both = isinstance(different, dict) and isinstance(document.get(section), dict)
        document[section] = {**document[section], **different} if both else different
    return document


def _failures(scenario: Scenario) -> Iterator[Failure]:
    start = datetime.fromisoformat(scenario.start).timestamp()
    state = State.empty()
    effects: list[str] = []
    reasons: list[Reason] = []
    journal = list(entries(scenario))
    for number, step in enumerate([None, *scenario.steps]):
        effects.clear()
        reasons.clear()
        if step is not None and step.restart:
            state = rows.restore(rows.dump(state))
        for entry in [entry for of, entry in journal if of == number]:
            for decision in engine.run(state, resolved(state, entry)):
                effects += [f"{effect.kind} {effect.to}".strip() for effect in decision.effects]
                reasons += decision.reasons
        refused = " ".join(reason.text for reason in reasons if reason.rule.endswith("refused"))
        if refused != ((step.refused or "") if step is not None else ""):
            yield Failure(number, f"refused: {refused or 'nothing'}")
        if step is not None:
            yield from (Failure(number, text) for text in _differences(state, step, start, effects))
            yield from (Failure(number, text) for text in _untold(step, reasons))


def _differences(state: State, step: Step, start: float, effects: list[str]) -> Iterator[str]:
    if step.expect is not None:
        left = sorted(state.incidents.values(), key=lambda row: row.number)
        for wanted in step.expect:
            found = next((row for row in left if not list(unlike(state, row, wanted, start))), None)
            if found is not None:
                left.remove(found)
                continue
            near = [row for row in left if row.ci == wanted.ci]
            detail = "; ".join(unlike(state, near[0], wanted, start)) if near else "there is none on that CI"
            yield f"expected an incident on {wanted.ci}: {detail}"
        yield from (f"not expected: {row.state} P{row.priority} {row.category} on {row.ci}" for row in left)
    if step.effects is not None and sorted(step.effects) != sorted(effects):
        yield f"expected effects {sorted(step.effects)}, found {sorted(effects)}"
    if step.problems is not None:
        yield from _otherwise(state, step.problems, start)
    for subject, wanted_text in step.why.items():
        said = why(state, subject, start + step.over)
        text = " ".join([said.sentence, *(f"{reason.rule}: {reason.text}" for reason in said.reasons)])
        if wanted_text not in text:
            yield f"why {subject}: expected {wanted_text!r} in {text!r}"


def _untold(step: Step, reasons: list[Reason]) -> Iterator[str]:
    told = [f"{reason.rule}: {reason.text}" for reason in reasons]
    for wanted in step.told:
        if not any(wanted in one for one in told):
            yield f"told: expected {wanted!r}, found {told}"


def _turned(cmdb: CmdbDocument, step: Step) -> CmdbDocument:
    items = [
        msgspec.structs.replace(
            one,
            lifecycle=step.lifecycle.get(one.ref, one.lifecycle),
            asset=step.assets.get(one.ref, one.asset),
        )
        for one in cmdb.items
    ]
    return msgspec.structs.replace(cmdb, items=items)


def _otherwise(state: State, wanted: list[ExpectedProblem], start: float) -> Iterator[str]:
    left = list(state.problems.values())
    for one in wanted:
        near = [row for row in left if row.subject == one.subject]
        found = next((row for row in near if not list(unlike_problem(row, one, start))), None)
        if found is not None:
            left.remove(found)
            continue
        detail = "; ".join(unlike_problem(near[0], one, start)) if near else "there is none"
        yield f"expected a problem on {one.subject}: {detail}"
    yield from (f"not expected: {row.state} problem on {row.subject}" for row in left)


def _command(step: Step, number: int, start: float, now: float) -> Command:
    rest = {key: value for key, value in step.command.items() if key not in ("name", "ci", "actor", "lasting")}
    arguments: dict[str, Any] = rest | ({"ci": step.command["ci"]} if "ci" in step.command else {})
    if "lasting" in step.command:
        arguments["minutes"] = duration(str(step.command["lasting"])) / 60
    if "resolve_by" in step.command:
        arguments["resolve_by"] = start + duration(str(step.command["resolve_by"]))
    name, actor = str(step.command.get("name", "")), str(step.command.get("actor", "ann"))
    return Command(at=now, id=f"step-{number}", actor=actor, name=name, arguments=arguments)


def _window(planned: Planned, number: int, start: float, now: float) -> Command:
    told: dict[str, Any] = {name: getattr(planned, name) for name in ("stores", "cis", "reason", "expected")}
    began = now if planned.since is None else start + planned.since
    told |= {"from": began}
    told |= {} if planned.until is None else {"until": start + planned.until}
    told |= {} if planned.repeats is None else {"repeats": planned.repeats}
    return Command(at=now, id=f"window-{number}", actor="ann", name=f"add_{planned.kind}", arguments=told)


def _announced(planned: Announced, number: int, start: float, now: float) -> Command:
    told: dict[str, Any] = msgspec.structs.asdict(planned)
    since, until = told.pop("since"), told["until"]
    told |= {"from": now if since is None else start + since, "until": None if until is None else start + until}
    return Command(at=now, id=f"change-{number}", actor="ann", name=ADD, arguments=told)


def resolved(state: State, entry: JournalEntry) -> JournalEntry:
    """A scenario names an incident by its CI and a window by its reason, because their ids are hashes."""
    if not isinstance(entry, Command) or entry.name == "create" or entry.name in KINDS:
        return entry
    if entry.name == ADD or "problem" in entry.arguments:
        return _about_problem(state, entry)
    if entry.name == END:
        ids = [row.id for row in state.windows.values() if row.reason == entry.arguments["reason"]]
        return msgspec.structs.replace(entry, arguments={"window": next(iter(ids), "")})
    newest = {row.ci: row.id for row in sorted(state.incidents.values(), key=lambda row: row.number)}
    arguments = dict(entry.arguments)
    if entry.name == "rebind":
        arguments["ci"] = arguments.get("to", "")
    if entry.name == "merge":
        arguments["other"] = newest.get(arguments.get("other", ""), "")
    return msgspec.structs.replace(entry, incident=newest.get(entry.arguments.get("ci", ""), ""), arguments=arguments)


def _about_problem(state: State, entry: Command) -> Command:
    """A problem is named by what its occurrences share."""
    subject = entry.arguments.get("fixes") or entry.arguments.get("problem")
    found = next((row.id for row in state.problems.values() if row.subject == subject), subject or "")
    if entry.name == ADD:
        return msgspec.structs.replace(entry, arguments=entry.arguments | {"fixes": found})
    return msgspec.structs.replace(entry, incident=found)


def _contradictions(scenario: Scenario) -> Iterator[tuple[str, str]]:
    try:
        datetime.fromisoformat(scenario.start)
    except ValueError:
        yield "start", f"found {scenario.start!r}, expected an instant such as 2026-11-16T09:00:00Z"
    yield from ((f"cmdb.{path}", text) for path, text in contradictions(scenario.cmdb))
    try:
        policy.typed(_law(scenario))
    except DocumentError as error:
        yield from ((f"policy_with.{mistake.path}", mistake.text) for mistake in error.mistakes)
    agents = {agent for store in scenario.cmdb.stores for agent in store.agents}
    last = 0.0
    for at, step in enumerate(scenario.steps):
        if step.at < last:
            yield f"steps[{at}].at", f"{step.at:g}s is before the step above it"
        last = max(last, step.over)
        for span in ("lasting", "resolve_by"):
            try:
                duration(str(step.command.get(span, "0s")))
            except ValueError as error:
                yield f"steps[{at}].command.{span}", str(error)
        if step.repeats is not None and not 0 < step.repeats.lasting < step.repeats.every:
            yield f"steps[{at}].repeats.lasting", "it lasts longer than until it comes again"
        repeating = [one.partition("/")[0] for one in step.repeats.of] if step.repeats is not None else []
        for agent in [*repeating, *step.checks, *step.silent, *step.heard, *step.snapshot]:
            if agent not in agents:
                yield f"steps[{at}]", f"no store has an agent {agent!r}"
