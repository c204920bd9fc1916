"""Reads the CMDB's sources into one document and says everything that is wrong with it, each with its line.

A mistake here would be an incident on the wrong item, or none: so the whole document is refused.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector import class_checks
from collector.class_checks import ByClass
from collector.config import CmdbSource
from contract.documents import DocumentError, Mistake, convert, load, text_of
from rules.given import hours, trading
from rules.given.cmdb import CmdbDocument, Item, Store


class Cmdb(NamedTuple):
    """A CMDB without mistakes. `data` is its plain form, `lines` says where each path of the file `name` stands."""

    name: str
    data: dict[str, Any]
    document: CmdbDocument
    by_class: ByClass
    lines: dict[str, int]


def read(sources: Sequence[CmdbSource]) -> dict[str, Any]:
    """The plain data of all sources together, in the shape of CmdbDocument. Raises DocumentError."""
    return together([Path(source.path) for source in sources]).data


def together(paths: Sequence[Path]) -> Cmdb:
    """The files as one CMDB: lists are joined; a class's checks and a calendar are those of the last file that has it.

    Raises DocumentError.
    """
    if len(paths) == 1:
        return whole(text_of(paths[0]), str(paths[0]))
    parts = [_formed(text_of(path), str(path)) for path in paths]
    joined: dict[str, Any] = {"stores": [], "items": [], "checks_by_class": {}, "calendars": {}}
    for part in parts:
        joined["stores"] += part.data.get("stores", [])
        joined["items"] += part.data.get("items", [])
        for name in ("checks_by_class", "calendars"):
            joined[name] |= part.data.get(name, {})
    document = convert_plain(joined)
    name = "the CMDB's sources together"
    return _sound(Cmdb(name, joined, document, class_checks.of(joined, {}, name), {}))


def read_yaml(path: Path) -> dict[str, Any]:
    return parse(text_of(path), str(path))


def parse(text: str, name: str) -> dict[str, Any]:
    """The plain data of a cmdb.yaml. Raises DocumentError with every mistake."""
    return whole(text, name).data


def whole(text: str, name: str) -> Cmdb:
    """A cmdb.yaml. Raises DocumentError with every mistake."""
    return _sound(_formed(text, name))


def _formed(text: str, name: str) -> Cmdb:
    loaded = load(text, name)
    document = convert(loaded, CmdbDocument, name)
    return Cmdb(name, loaded.data, document, class_checks.of(loaded.data, loaded.lines, name), loaded.lines)


def _sound(cmdb: Cmdb) -> Cmdb:
    """Only of the whole: an item in one file may stand in a store of another."""
    found = [*problems(cmdb.document), *class_checks.problems(cmdb.by_class)]
    if found:
        raise DocumentError(cmdb.name, sorted(Mistake(cmdb.lines.get(path, 0), path, text) for path, text in found))
    return cmdb


def convert_plain(data: dict[str, Any]) -> CmdbDocument:
    return msgspec.convert(data, CmdbDocument)


def registry(document: dict[str, Any]) -> dict[str, str]:
    """Agent id → store id: the only source of which store an agent speaks for."""
    stores = convert_plain(document).stores
    return {agent: store.id for store in stores for agent in store.agents}


def problems(document: CmdbDocument) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) of everything that the shape alone cannot tell."""
    stores = {store.id for store in document.stores}
    yield from _twice("stores", "id", [store.id for store in document.stores])
    yield from _agents(document.stores)
    yield from _calendars(document.calendars)
    for at, store in enumerate(document.stores):
        yield from _store(f"stores[{at}]", store, document.calendars)
    yield from _twice("items", "id", [item.ref for item in document.items])
    shared = [item.id for item in document.items if item.store is None]
    of_store: dict[str, list[str]] = {}
    for item in document.items:
        if item.store is not None:
            of_store.setdefault(item.store, []).append(item.id)
    for at, item in enumerate(document.items):
        yield from _item(f"items[{at}]", item, stores, of_store.get(item.store or "", []), shared)
    yield from _hosts(document)


def _store(path: str, store: Store, calendars: trading.Calendars) -> Iterator[tuple[str, str]]:
    yield from ((f"{path}.{key}", text) for key, text in trading.mistakes(store, calendars))


def _calendars(calendars: trading.Calendars) -> Iterator[tuple[str, str]]:
    for name, days in calendars.items():
        for day, written in days.items():
            try:
                hours.dated({day: written}, f"calendars.{name}")
            except ValueError as error:
                key, _, text = str(error).partition(": ")
                yield key, text


def _agents(stores: Iterable[Store]) -> Iterator[tuple[str, str]]:
    owner: dict[str, str] = {}
    for at, store in enumerate(stores):
        for place, agent in enumerate(store.agents):
            path = f"stores[{at}].agents[{place}]"
            if agent in owner:
                yield path, f"agent {agent} is already in store {owner[agent]!r}: an agent speaks for one store"
            else:
                owner[agent] = store.id


def _hosts(document: CmdbDocument) -> Iterator[tuple[str, str]]:
    agents = {store.id: store.agents for store in document.stores}
    first: dict[str, int] = {}
    for at, item in enumerate(document.items):
        if item.agent is None:
            continue
        path, known = f"items[{at}].agent", agents.get(item.store or "", [])
        if item.store is None:
            yield path, "an agent runs on an item of its store; this one has no `store`"
        elif item.agent not in known:
            yield path, f"found {item.agent!r}, which is no agent of store {item.store!r}{nearest(item.agent, known)}"
        elif first.setdefault(item.agent, at) != at:
            yield path, f"{item.agent} runs on items[{first[item.agent]}] already"


def _item(
    path: str, item: Item, stores: set[str], siblings: Sequence[str], shared: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if item.store is not None and item.store not in stores:
        yield f"{path}.store", f"found {item.store!r}, which is no store here{nearest(item.store, stores)}"
    known = {*siblings, *shared}
    for at, target in enumerate(item.depends_on):
        if target == item.id:
            yield f"{path}.depends_on[{at}]", "an item cannot depend on itself"
        elif target not in known:
            where = f"store {item.store!r} or among the shared items" if item.store else "the shared items"
            yield f"{path}.depends_on[{at}]", f"found {target!r}, which is no item in {where}{nearest(target, known)}"
    if item.weight < 0:
        yield f"{path}.weight", f"found {item.weight:g}, expected 0 or more"
    if item.offline is not None and item.offline.card_minutes < 0:
        yield f"{path}.offline.card_minutes", f"found {item.offline.card_minutes:g}, expected 0 or more"


def _twice(name: str, key: str, refs: Sequence[str]) -> Iterator[tuple[str, str]]:
    first: dict[str, int] = {}
    for at, ref in enumerate(refs):
        if ref in first:
            yield f"{name}[{at}].{key}", f"{ref!r} is already {name}[{first[ref]}]"
        first.setdefault(ref, at)


def nearest(found: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(found, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
