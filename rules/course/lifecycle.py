"""The phases of an incident, in one table: what may happen to it when. docs/lifecycle.md's diagram is drawn from it."""

from typing import Literal

from rules.course.incident import Phase

Event = Literal[
    "acknowledge",  # a person takes it
    "assign",  # a person or a group is named
    "note",  # somebody writes something
    "restore",  # stable for long enough, and nobody has touched it
    "resolve",  # a person says that it is done
    "absorb",  # another incident explains it
    "fail_again",  # the same cause, before it was closed
    "reopen",  # a person says that it is not done
    "merge",  # a person says that two are one
    "split",  # a person says that something is not of it
    "rebind",  # a person says that it is about something else
    "expire",  # resolved for so long that it may not come back
]

TRANSITIONS: dict[tuple[Phase, Event], Phase] = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "assign"): "open",
    ("open", "note"): "open",
    ("open", "restore"): "resolved",
    ("open", "resolve"): "resolved",
    ("open", "absorb"): "closed",
    ("open", "merge"): "open",
    ("open", "split"): "open",
    ("open", "rebind"): "open",
    ("acknowledged", "assign"): "acknowledged",
    ("acknowledged", "note"): "acknowledged",
    ("acknowledged", "resolve"): "resolved",
    ("acknowledged", "merge"): "acknowledged",
    ("acknowledged", "split"): "acknowledged",
    ("acknowledged", "rebind"): "acknowledged",
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


def page() -> str:
    """docs/lifecycle.md. To write it anew: `python -m rules.course.lifecycle > docs/lifecycle.md`."""
    return _PAGE.format(diagram=diagram())


_PAGE = """# The life of an incident

Drawn from the table in `rules/course/lifecycle.py`; a test holds this page to it. `suppressed` is not a phase: it is a
flag with a reason, and holds back tickets and pages, never observation.

```mermaid
{diagram}
```

* **restore**: its CI was well for `ending.stable`, and nobody had touched it.
* **absorb**: another incident explains it, and nobody had touched it: closed as a duplicate (rule 11).
* **fail again**: the same cause within `ending.reopen_within`; **expire**: not in that time.
* Everything else is a person's command.
"""

if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
