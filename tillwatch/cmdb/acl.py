"""The broker's ACL: each agent its own topics and no others, the collector the other ends of them. Pure.

Source: mosquitto.conf(5), `acl_file`. With `use_identity_as_username` a user is a certificate's common name.
"""

from collections.abc import Iterable

from collector.cmdb import Cmdb
from contract import topics
from contract.documents import DocumentError, Mistake

COLLECTOR = "collector"


def text(cmdb: Cmdb) -> str:
    """Raises DocumentError for an agent that is called like the collector: it would be let in everywhere."""
    agents = sorted(agent for store in cmdb.document.stores for agent in store.agents)
    if COLLECTOR in agents:
        raise DocumentError(cmdb.name, [_named_like_the_collector(cmdb)])
    head = "# Made from the CMDB by `tillwatch cmdb export --acl`. Whoever is not named here may do nothing.\n"
    return f"{head}\n{of(agents)}"


def of(agents: Iterable[str]) -> str:
    """The lines of the collector and of these agents; none may be called like the collector."""
    users = [
        _user(COLLECTOR, reads=topics.collector_subscriptions(), writes=topics.collector_publications()),
        *(_user(agent, topics.agent_subscriptions(agent), topics.agent_publications(agent)) for agent in agents),
    ]
    return "\n".join(users)


def _user(name: str, reads: list[str], writes: list[str]) -> str:
    lines = [f"user {name}", *(f"topic write {topic}" for topic in writes), *(f"topic read {topic}" for topic in reads)]
    return "\n".join(lines) + "\n"


def _named_like_the_collector(cmdb: Cmdb) -> Mistake:
    at, place = next(
        (at, store.agents.index(COLLECTOR))
        for at, store in enumerate(cmdb.document.stores)
        if COLLECTOR in store.agents
    )
    path = f"stores[{at}].agents[{place}]"
    return Mistake(cmdb.lines.get(path, 0), path, f"{COLLECTOR!r} is the collector's name at the broker")
