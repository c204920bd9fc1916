"""The phases of an incident, in one table: what may happen to it when. docs/lifecycle.md's diagram is drawn from it."""

from typing import Literal

from rules.incident import Phase

Event = Literal[
    "acknowledge",  # a person takes it
    "assign",  # a person or a group is named
    "note",  # somebody writes something
    "restore",  # stable for long enough, and nobody has touched it
    "resolve",  # a person says that it is done
    "absorb",  # another incident explains it
    "fail_again",  # the same cause, before it was closed
    "reopen",  # a person says that it is not done
    "expire",  # resolved for so long that it may not come back
]

TRANSITIONS: dict[tuple[Phase, Event], Phase] = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "assign"): "open",
    ("open", "note"): "open",
    ("open", "restore"): "resolved",
    ("open", "resolve"): "resolved",
    ("open", "absorb"): "closed",
    ("acknowledged", "assign"): "acknowledged",
    ("acknowledged", "note"): "acknowledged",
    ("acknowledged", "resolve"): "resolved",
    ("resolved", "note"): "resolved",
    ("resolved", "fail_again"): "open",
    ("resolved", "reopen"): "open",
    ("resolved", "expire"): "closed",
}


def after(phase: Phase, event: Event) -> Phase | None:
    """The phase that `event` leads to; None when it cannot happen in `phase`."""
    return TRANSITIONS.get((phase, event))


def diagram() -> str:
    """Mermaid text of the table."""
    joined: dict[tuple[str, str], list[str]] = {}
    for (phase, event), target in TRANSITIONS.items():
        joined.setdefault((phase, target), []).append(event.replace("_", " "))
    lines = [f"    {phase} --> {target}: {', '.join(events)}" for (phase, target), events in joined.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> open", *lines, "    closed --> [*]"])
