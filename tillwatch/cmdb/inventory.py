"""The Ansible inventory of the hosts that agents run on, as YAML. Pure.

A host is named like its agent. Source: Ansible's `yaml` inventory plugin; a group's name is of letters, digits and _.
"""

import re
from typing import Any

import yaml

from collector.cmdb import Cmdb
from contract.documents import DocumentError, Mistake
from rules.given.cmdb import Item, Store

ALL_AGENTS = "tillwatch_agents"
_NOT_IN_A_GROUP = re.compile(r"[^A-Za-z0-9_]")
_TEMPLATE = re.compile(r"\{[{%#]")


def text(cmdb: Cmdb) -> str:
    """Raises DocumentError where a text of the CMDB would be run as a template on the controller."""
    document = cmdb.document
    _refuse_templates(cmdb)
    hosts = {item.agent: item for item in document.items if item.agent}
    stores = sorted(document.stores, key=lambda store: store.id)
    groups: dict[str, Any] = {ALL_AGENTS: {"hosts": {}}}
    for store in stores:
        for agent in sorted(store.agents):
            groups[ALL_AGENTS]["hosts"][agent] = _variables(store, hosts.get(agent))
            for group in _groups(store):
                groups.setdefault(group, {"hosts": {}})["hosts"][agent] = {}
    head = "# Made from the CMDB by `tillwatch cmdb export --ansible`. Change the CMDB instead.\n"
    return head + yaml.safe_dump({"all": {"children": groups}}, sort_keys=False, allow_unicode=True, width=120)


def without_address(cmdb: Cmdb) -> list[str]:
    """Agents whose host the CMDB gives no address: Ansible looks their names up."""
    addressed = {item.agent for item in cmdb.document.items if item.agent and item.address}
    return sorted(agent for store in cmdb.document.stores for agent in store.agents if agent not in addressed)


def _variables(store: Store, host: Item | None) -> dict[str, str]:
    address = {"ansible_host": host.address} if host is not None and host.address else {}
    return {**address, "tillwatch_store": store.id, "tillwatch_region": store.region}


def _groups(store: Store) -> list[str]:
    return [f"store_{_group(store.id)}", *([f"region_{_group(store.region)}"] if store.region else [])]


def _group(name: str) -> str:
    return _NOT_IN_A_GROUP.sub("_", name)


def _refuse_templates(cmdb: Cmdb) -> None:
    texts = [(f"stores[{at}].region", store.region) for at, store in enumerate(cmdb.document.stores)]
    texts += [(f"items[{at}].address", item.address) for at, item in enumerate(cmdb.document.items) if item.agent]
    found = [
        Mistake(cmdb.lines.get(path, 0), path, f"found {value!r}, which Ansible would run as a template")
        for path, value in texts
        if _TEMPLATE.search(value)
    ]
    if found:
        raise DocumentError(cmdb.name, found)
