"""What is judged has a key: a CI of a store (`0042/pos-01`), or a store's vote on a shared one (`acquirer-a@0042`)."""

from rules.given.graph import Ref


def ref_of(key: str) -> Ref:
    """The CI."""
    return key.partition("@")[0]


def home_of(key: str) -> str:
    """The store."""
    return key.partition("@")[2] or key.partition("/")[0]
