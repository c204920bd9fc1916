"""Reads the CMDB's sources into one document and says everything that is wrong with it, each with its line.

A mistake here would be an incident on the wrong item, or none: so the whole document is refused.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from collector.config import CmdbSource
from contract.documents import DocumentError, Mistake, convert, load, text_of
from rules import hours
from rules.cmdb import CmdbDocument, Item, Store


def read(sources: Sequence[CmdbSource]) -> dict[str, Any]:
    """The plain data of all sources together, in the shape of CmdbDocument. Raises DocumentError."""
    documents = [read_yaml(Path(source.path)) for source in sources]
    joined: dict[str, Any] = {"stores": [], "items": [], "checks_by_class": {}}
    for document in documents:
        joined["stores"] += document.get("stores", [])
        joined["items"] += document.get("items", [])
        joined["checks_by_class"] |= document.get("checks_by_class", {})
    if len(documents) > 1:
        parsed = convert_plain(joined)
        mistakes = [Mistake(0, path, text) for path, text in problems(parsed)]
        if mistakes:
            raise DocumentError("the CMDB's sources together", mistakes)
    return joined


def read_yaml(path: Path) -> dict[str, Any]:
    return parse(text_of(path), str(path))


def parse(text: str, name: str) -> dict[str, Any]:
    """The plain data of a cmdb.yaml. Raises DocumentError with every mistake."""
    loaded = load(text, name)
    document = convert(loaded, CmdbDocument, name)
    mistakes = [Mistake(loaded.lines.get(path, 0), path, text) for path, text in problems(document)]
    if mistakes:
        raise DocumentError(name, sorted(mistakes))
    data: dict[str, Any] = loaded.data
    return data


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
    for at, store in enumerate(document.stores):
        yield from _store(f"stores[{at}]", store)
    yield from _twice("items", "id", [item.ref for item in document.items])
    shared = [item.id for item in document.items if item.store is None]
    of_store: dict[str, list[str]] = {}
    for item in document.items:
        if item.store is not None:
            of_store.setdefault(item.store, []).append(item.id)
    for at, item in enumerate(document.items):
        yield from _item(f"items[{at}]", item, stores, of_store.get(item.store or "", []), shared)


def _store(path: str, store: Store) -> Iterator[tuple[str, str]]:
    zoned: list[dict[str, Any]] = [{key: value} for key, value in store.hours.items()]
    seen: set[str] = set()
    for some in zoned or [{}]:
        try:
            hours.of(msgspec.structs.replace(store, hours=some))
        except ValueError as error:
            where, _, text = str(error).partition(": ")
            if where not in seen:
                yield f"{path}.{where}", text
            seen.add(where)


def _agents(stores: Iterable[Store]) -> Iterator[tuple[str, str]]:
    owner: dict[str, str] = {}
    for at, store in enumerate(stores):
        for place, agent in enumerate(store.agents):
            path = f"stores[{at}].agents[{place}]"
            if agent in owner:
                yield path, f"agent {agent} is already in store {owner[agent]!r}: an agent speaks for one store"
            else:
                owner[agent] = store.id


def _item(
    path: str, item: Item, stores: set[str], siblings: Sequence[str], shared: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if item.store is not None and item.store not in stores:
        yield f"{path}.store", f"found {item.store!r}, which is no store here{_nearest(item.store, stores)}"
    known = {*siblings, *shared}
    for at, target in enumerate(item.depends_on):
        if target == item.id:
            yield f"{path}.depends_on[{at}]", "an item cannot depend on itself"
        elif target not in known:
            where = f"store {item.store!r} or among the shared items" if item.store else "the shared items"
            yield f"{path}.depends_on[{at}]", f"found {target!r}, which is no item in {where}{_nearest(target, known)}"
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


def _nearest(found: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(found, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
