"""Plays scenarios without a rule, each removal in a process of its own that imports the rules with it taken away."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from tools.mutation.child import Child, allow, put_in, started
from tools.removal import table
from tools.removal.table import OF_DESKS, Removal

PATIENCE = 20  # seconds of CPU that one may take, and one more a scenario
PASSES = ""
# Small and about little: where all of them fail, more than a rule is removed.
BESIDE = ("03-slow-shop", "05-one-of-two", "18-business-day", "28-store-not-open-yet")


class Verdict(NamedTuple):
    """`said` is, by scenario, what was not as it says; empty where it passes. `broken`: the rules could not be run."""

    removal: Removal
    said: dict[str, str]
    broken: str = ""

    @property
    def passing(self) -> list[str]:
        """Scenarios that do not notice that their rule is gone, so they are not about it."""
        return [name for name in self.removal.fails if self.said.get(name) == PASSES]

    @property
    def beside(self) -> list[str]:
        """Scenarios of other rules that pass as always."""
        others = [name for name in self.said if table.number_of(name) != self.removal.rule]
        return [name for name in others if self.said[name] == PASSES]


def tried(removals: Sequence[Removal], jobs: int, others: Sequence[str] = ()) -> Iterator[Verdict]:
    """A verdict each, as they end; `others` are scenarios that are played besides."""
    waiting, running = list(reversed(removals)), dict[int, tuple[Removal, Child]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            removal = waiting.pop()
            names = list(dict.fromkeys([*removal.fails, *others]))
            child = started(partial(_played, removal, names))
            running[child.pid] = (removal, child)
        removal, child = running.pop(os.wait()[0])
        yield _verdict(removal, child.answer())


def _verdict(removal: Removal, answer: bytes) -> Verdict:
    said = msgspec.json.decode(answer, type=dict[str, str] | str) if answer else "it died without a word"
    if isinstance(said, str):
        return Verdict(removal, {}, said)
    raised = (said[name] for name in removal.fails if said[name].startswith("raises "))
    return Verdict(removal, said, next(raised, ""))


# In a child: from here on the rules are imported.


def _played(removal: Removal, names: list[str]) -> dict[str, str] | str:
    allow(PATIENCE + len(names))
    try:
        put_in(table.sources(removal), {})
        return {name: _said(removal, name) for name in names}
    except LookupError as error:
        return str(error)


def _said(removal: Removal, name: str) -> str:
    path = table.file_of(name)
    try:
        found = _of_desk(path) if path.parent == OF_DESKS else _of_rules(removal, path)
    except Exception as error:  # whatever it is, it is the removal's
        return f"raises {type(error).__name__}: {error}"
    return found[0] if found else PASSES


def _of_desk(path: Path) -> list[str]:
    from tests.collector.desk import shadow_story  # noqa: PLC0415 - only here, without the rule

    return list(shadow_story.differences(path))


def _of_rules(removal: Removal, path: Path) -> list[str]:
    from rules.given import policy  # noqa: PLC0415
    from rules.rehearsal import scenario  # noqa: PLC0415

    told = scenario.read(path)
    if removal.policy:
        document = policy.load(told.policy)
        for section, different in told.policy_with.items():
            both = isinstance(different, dict) and isinstance(document.get(section), dict)
            document[section] = {**document[section], **different} if both else different
        changed = told.policy_with | table.without(document, removal.policy)
        told = msgspec.structs.replace(told, policy_with=changed)
    return [f"step {failure.step}: {failure.text}" for failure in scenario.run(told)]
