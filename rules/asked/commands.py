"""What people ask for. Each command has an actor and an id, so a repeat is harmless; a refused one changes nothing."""

from rules.asked import (
    change_commands,
    clock_commands,
    creating,
    incident_commands,
    major_commands,
    merge_commands,
    pause_commands,
    pin_commands,
    problem_commands,
    rebinding,
    window_commands,
)
from rules.asked.verb import DONE, REFUSED, Verb
from rules.draft import Draft
from rules.entries import Command

_REMEMBERED = 86_400.0  # seconds in which a repeated command is recognised
VERBS: dict[str, Verb] = {
    **creating.VERBS,
    **incident_commands.VERBS,
    **major_commands.VERBS,
    **merge_commands.VERBS,
    **rebinding.VERBS,
    **pin_commands.VERBS,
    **pause_commands.VERBS,
    **clock_commands.VERBS,
    **window_commands.VERBS,
    **change_commands.VERBS,
}


def obey(draft: Draft, event: Command) -> None:
    """A refused command changes nothing; the decision's reason of rule `command refused` says why."""
    if draft.meta(f"command:{event.id}") is not None:
        draft.reason(DONE, f"{event.name} {event.id} was done before")
        return
    on_problem = event.incident and draft.problem(event.incident) is not None
    verb = (problem_commands.VERBS if on_problem else VERBS).get(event.name)
    if verb is None:
        draft.reason(REFUSED, f"no command {event.name!r}; there are: {', '.join(VERBS)}")
        return
    refusal = verb.refusal(draft, event)
    if refusal:
        draft.reason(REFUSED, refusal)
        return
    draft.put("meta", f"command:{event.id}", event.at)
    draft.wake(f"command:{event.id}", draft.now + _REMEMBERED)
    verb.obey(draft, event)


def forget(draft: Draft, command: str) -> None:
    draft.put("meta", f"command:{command}", None)
    draft.wake(f"command:{command}", None)
