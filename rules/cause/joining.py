"""Which chain incident a loss belongs to that begins while it stands (rule 14): it gets no ticket of its own."""

from rules.cause import merging
from rules.course.incident import Incident
from rules.draft import Draft
from rules.given.estate import Share


def standing(draft: Draft, category: str) -> list[Incident]:
    """The unresolved chain incidents of a category."""
    prefix = f"chain:{category}:"
    return [row for row in draft.of_home("") if row.cause.startswith(prefix) and row.state != "resolved"]


def share_of(chain: Incident) -> Share:
    return chain.cause.split(":", 2)[2]


def shares(draft: Draft, row: Incident) -> list[Share]:
    """What the incident may have in common with others: by the CMDB, and the changes that it is linked to."""
    return [*draft.estate.shares_of(row.home, row.ci), *(f"change={change}" for change in row.changes)]


def belongs(draft: Draft, row: Incident, chain: Incident) -> bool:
    """It shares what the parts share, and began within minutes of one of them; so no gap between two is longer."""
    if share_of(chain) not in shares(draft, row) or merging.is_apart(chain, merging.key_of(row)):
        return False
    within = draft.policy.chain.within
    if row.started_at <= chain.started_at + within:  # its parts may be thousands
        return row.started_at >= chain.started_at - within
    latest = max((part.started_at for part in draft.parts(chain.id)), default=chain.started_at)
    return row.started_at <= latest + within


def of_new(draft: Draft, row: Incident) -> Incident | None:
    """The chain incident that the new `row` is a part of from its first moment."""
    if not draft.policy.category(row.category).chain or not draft.may_be_of_a_chain(row):
        return None
    return next((chain for chain in standing(draft, row.category) if belongs(draft, row, chain)), None)
