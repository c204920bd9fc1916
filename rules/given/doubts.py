"""What is allowed in a policy or a CMDB and is hardly meant: matchers that never match, items that none covers, cycles.

A doubt is no mistake: the engine goes on with it. Each names the place in the document that a person has to look at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import Literal

import msgspec

from rules.given import graph
from rules.given.cmdb import CmdbDocument, Item
from rules.given.estate import Estate
from rules.given.graph import Ref
from rules.given.playbook import OTHER, Matcher, Names
from rules.given.policy import Policy
from rules.planned.window import Window

KEYS = ("klass", "id", "vendor", "store", "region", "operator")
_SHOWN = 3


class Doubt(msgspec.Struct, frozen=True):
    """`path` is where in the document (`categorise[3]`); a `note` may well be meant, a `doubt` hardly."""

    level: Literal["doubt", "note"]
    path: str
    text: str


def of_policy(policy: Policy) -> list[Doubt]:
    """Matchers that earlier ones take everything from, and single values of a list that never get there."""
    return [doubt for at in range(len(policy.categorise)) for doubt in _shadowed(policy.categorise, at)]


def of_policy_with(policy: Policy, cmdb: CmdbDocument) -> list[Doubt]:
    """Matchers that match no item of this CMDB. A shipped policy knows classes that a chain need not have."""
    stores = {store.id: store for store in cmdb.stores}
    taken: Counter[int] = Counter()
    for item in cmdb.items:
        store = stores.get(item.store or "")
        first = next((at for at, rule in enumerate(policy.categorise) if rule.matches(item, store)), None)
        taken.update(() if first is None else (first,))
    return [
        Doubt("note", f"categorise[{at}]", f"matches no item of the CMDB: {_said(rule)} → {rule.category}")
        for at, rule in enumerate(policy.categorise)
        if not taken[at]
    ]


def of_cmdb(policy: Policy, cmdb: CmdbDocument) -> list[Doubt]:
    """Items that no matcher covers, told once a class; and what depends on itself."""
    return [*_uncovered(policy, cmdb), *_cycles(cmdb.items)]


def of_windows(windows: Sequence[Window], estate: Estate) -> list[Doubt]:
    """Pairs that hold the same thing back at the same time: who ends one wonders why it is still quiet."""
    found = []
    for one, other in combinations(sorted(windows, key=lambda window: (window.since, window.id)), 2):
        both = _held_by_both(one, other, estate)
        if other.since < one.until and one.since < other.until and both:
            text = f"{_window(one)} and {_window(other)} overlap on {_some(both)}"
            found.append(Doubt("doubt", f"windows.{one.id}", text))
    return found


def _shadowed(matchers: Sequence[Matcher], at: int) -> Iterator[Doubt]:
    """Each value that a matcher lists is tried against those before it."""
    rule, before = matchers[at], matchers[:at]
    listed: list[list[str | None]] = [[*_values(rule, key)] or [None] for key in KEYS]
    cases = [dict(zip(KEYS, case, strict=True)) for case in product(*listed)]
    takers = [next((index for index, one in enumerate(before) if _takes(one, case)), None) for case in cases]
    if all(taker is not None for taker in takers):
        where = ", ".join(f"categorise[{index}]" for index in sorted({one for one in takers if one is not None}))
        text = f"can never match: {where} takes everything first ({_said(rule)} → {rule.category})"
        yield Doubt("doubt", f"categorise[{at}]", text)
        return
    for key in KEYS:
        for value in _values(rule, key):
            those = {taker for case, taker in zip(cases, takers, strict=True) if case[key] == value}
            if None not in those:
                where = ", ".join(f"categorise[{index}]" for index in sorted(one for one in those if one is not None))
                yield Doubt("doubt", f"categorise[{at}]", f"{value!r} never gets here: {where} takes it first")


def _takes(rule: Matcher, case: dict[str, str | None]) -> bool:
    """Whether everything that is as `case` says (None: anything) is matched."""
    return all(case[key] in wanted for key in KEYS if (wanted := _values(rule, key)))


def _values(rule: Matcher, key: str) -> list[str]:
    found: Names = getattr(rule, key)
    return found if isinstance(found, list) else [found] if found else []


def _said(rule: Matcher) -> str:
    names = {"klass": "class"}
    told = [f"{names.get(key, key)} {', '.join(_values(rule, key))}" for key in KEYS if _values(rule, key)]
    return "; ".join(told) or "anything"


def _uncovered(policy: Policy, cmdb: CmdbDocument) -> Iterator[Doubt]:
    stores = {store.id: store for store in cmdb.stores}
    first: dict[str, int] = {}
    refs: dict[str, list[Ref]] = {}
    for at, item in enumerate(cmdb.items):
        store = stores.get(item.store or "")
        if not any(rule.matches(item, store) for rule in policy.categorise):
            first.setdefault(item.klass, at)
            refs.setdefault(item.klass, []).append(item.ref)
    for klass, found in refs.items():
        text = f"no matcher covers class {klass!r}, so its failures are {OTHER!r}: {_some(found)}"
        yield Doubt("doubt", f"items[{first[klass]}]", text)


def _cycles(items: Sequence[Item]) -> Iterator[Doubt]:
    """Each once, from its item that stands first in the document."""
    known = {item.ref: item for item in items}
    place = {item.ref: at for at, item in enumerate(items)}
    edges = graph.graph(known)
    for item in items:
        if item.ref in (graph.resolved(known, item.store, name) for name in item.depends_on):
            yield Doubt("doubt", f"items[{place[item.ref]}].depends_on", f"{item.ref} depends on itself")
    told: set[Ref] = set()
    for ref in sorted(edges.parents, key=place.__getitem__):
        if ref not in told and ref in (above := graph.ancestors(edges, ref)):
            told |= {one for one in above if ref in graph.ancestors(edges, one)}
            way = " → ".join(_way_round(edges.parents, ref))
            text = f"a cycle: {way}; the item whose name comes first will explain the others"
            yield Doubt("doubt", f"items[{place[ref]}].depends_on", text)


def _way_round(parents: dict[Ref, tuple[Ref, ...]], start: Ref) -> list[Ref]:
    """The shortest way along dependencies from `start` to itself."""
    ways = [[start, one] for one in parents.get(start, ())]
    seen: set[Ref] = set()
    while ways[0][-1] != start:
        way = ways.pop(0)
        ways += [[*way, one] for one in parents.get(way[-1], ()) if one not in seen]
        seen.update(parents.get(way[-1], ()))
    return ways[0]


def _held_by_both(one: Window, other: Window, estate: Estate) -> list[str]:
    """What each of them names or, being of a store or below a named item, holds back."""
    if one.expected and other.expected and set(one.expected).isdisjoint(other.expected):
        return []
    named = [name for name in one.names if _covers(other, name, estate)]
    return list(dict.fromkeys([*named, *(name for name in other.names if _covers(one, name, estate))]))


def _covers(window: Window, name: str, estate: Estate) -> bool:
    item = estate.items.get(name)
    whole = [name, *graph.ancestors(estate.graph, name), *([item.store] if item is not None and item.store else [])]
    return not set(window.names).isdisjoint(whole)


def _window(window: Window) -> str:
    return f"{window.kind} {window.id} ({window.reason}, by {window.actor})"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
