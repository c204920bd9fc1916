"""What depends on what. Cycles are tolerated: people write them, and a graph that refuses to answer helps nobody."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from rules.given.cmdb import Item

Ref = str


class Graph(NamedTuple):
    """`parents` is what an item needs, `children` who needs it; both hold only refs that the CMDB knows."""

    parents: dict[Ref, tuple[Ref, ...]]
    children: dict[Ref, tuple[Ref, ...]]


class Reach(msgspec.Struct, frozen=True):
    """Who is hit when `ref` fails: everything that needs it, directly or not, with their stores and services."""

    ref: str
    cis: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    stores: tuple[str, ...]
    services: tuple[str, ...]


def graph(items: Mapping[Ref, Item]) -> Graph:
    parents: dict[Ref, tuple[Ref, ...]] = {}
    children: dict[Ref, list[Ref]] = {}
    for ref, item in items.items():
        if not item.depends_on:
            continue
        needed = [resolved(items, item.store, name) for name in item.depends_on]
        known = tuple(dict.fromkeys(one for one in needed if one is not None and one != ref))
        if known:
            parents[ref] = known
        for parent in known:
            children.setdefault(parent, []).append(ref)
    return Graph(parents, {ref: tuple(sorted(who)) for ref, who in children.items()})


def resolved(items: Mapping[Ref, Item], store: str | None, name: str) -> Ref | None:
    """A bare id means the own store's item first, then a shared one (rule 4)."""
    own = f"{store}/{name}"
    if store and own in items:
        return own
    return name if name in items else None


def ancestors(of: Graph, ref: Ref) -> list[Ref]:
    """Everything `ref` needs, nearest first; `ref` itself only when it is in a cycle."""
    return _reached(of.parents, ref)


def descendants(of: Graph, ref: Ref) -> list[Ref]:
    return _reached(of.children, ref)


def is_above(of: Graph, one: Ref, other: Ref) -> bool:
    """`other` needs `one`. In a cycle the name decides, so that of two that need each other one explains the other."""
    return one != other and one in ancestors(of, other) and (other not in ancestors(of, one) or one < other)


def blast_radius(of: Graph, items: Mapping[Ref, Item], ref: Ref) -> Reach:
    hit = [one for one in descendants(of, ref) if one != ref]
    whole = [ref, *hit]
    edges = tuple((parent, child) for parent in whole for child in of.children.get(parent, ()))
    known = [items[one] for one in whole if one in items]
    stores = sorted({item.store for item in known if item.store})
    services = sorted({service for item in known for service in item.provides})
    return Reach(ref, tuple(hit), edges, tuple(stores), tuple(services))


def _reached(edges: Mapping[Ref, Iterable[Ref]], ref: Ref) -> list[Ref]:
    seen: dict[Ref, None] = {}
    waiting = list(edges.get(ref, ()))
    while waiting:
        following: list[Ref] = []
        for one in waiting:
            if one not in seen:
                seen[one] = None
                following.extend(edges.get(one, ()))
        waiting = following
    return list(seen)
