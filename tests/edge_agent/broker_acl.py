"""A mosquitto ACL file that gives each agent its own topics in its own part, and the collector its side of them."""

from collections.abc import Iterable

from contract.topics import agent_subscriptions, collector_subscriptions, up


def acl(agents: Iterable[str], collector: str) -> str:
    listened = [f"topic read {topic}" for topic in collector_subscriptions()]
    answered = [f"topic write tillwatch/1/+/+/{report}" for report in ("ack", "cmd")]
    return "\n".join([f"user {collector}", *listened, *answered, *(line for agent in agents for line in _lines(agent))])


def _lines(agent: str) -> list[str]:
    spoken = [f"topic write {up(agent, report)}" for report in ("hello", "live", "bulk", "bye")]
    heard = [f"topic read {topic}" for topic in agent_subscriptions(agent)]
    return [f"\nuser {agent}", *spoken, *heard]
