"""An incident that a person makes, of what nothing measures."""

from rules.asked.verb import DONE, Verb, text
from rules.course.finding import Finding
from rules.course.incident import Reason
from rules.course.incidents import made_by_person
from rules.draft import Draft
from rules.entries import Command
from rules.given.playbook import OTHER, number


def _refusal(draft: Draft, event: Command) -> str:
    arguments = event.arguments
    subject, category = text(arguments, "ci"), text(arguments, "category") or OTHER
    if not text(arguments, "title"):
        return "an incident needs a title"
    if subject and subject not in draft.estate.items and subject not in draft.estate.stores:
        return f"no store or configuration item {subject!r}"
    if category not in draft.policy.categories:
        return f"no category {category!r}; there are: {', '.join(draft.policy.categories)}"
    if text(arguments, "priority") not in ("", "P1", "P2", "P3"):
        return f"found priority {arguments['priority']!r}, expected P1, P2 or P3"
    return ""


def _create(draft: Draft, event: Command) -> None:
    subject = text(event.arguments, "ci")
    category = text(event.arguments, "category") or OTHER
    item = draft.estate.items.get(subject)
    home = (item.store or "") if item else subject
    finding = Finding(
        cause=f"manual:{event.id}",
        category=category,
        ci=subject,
        title=text(event.arguments, "title"),
        priority=number({"P1": "P1", "P2": "P2"}.get(text(event.arguments, "priority"), "P3")),  # type: ignore[arg-type]
        service=draft.policy.category(category).service,
        started_at=draft.now,
        learnt_at=draft.now,
        home=home,
        stores=(home,) if home else (),
        flags=("manual",),
        reasons=(Reason(DONE, f"created by {event.actor}"),),
    )
    made_by_person(draft, finding, event.actor, text(event.arguments, "text"))


VERBS = {"create": Verb(_refusal, _create)}
