"""What a broker must allow, and nothing else, as lines of a mosquitto ACL file (source: mosquitto.conf(5), acl_file).

Each agent is named with its own part. A pattern with `+` for the part would let an agent publish into a part that is
not its own.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

from contract.topics import Up, agent_subscriptions, collector_answers, collector_subscriptions, up


def lines_for_agent(agent: str) -> Iterator[str]:
    """`agent` is what the broker calls the credential: with use_identity_as_username its certificate's common name."""
    yield f"user {agent}"
    for report in get_args(Up):
        yield f"topic write {up(agent, report)}"
    for topic in agent_subscriptions(agent):
        yield f"topic read {topic}"


def lines_for_collector(user: str) -> Iterator[str]:
    yield f"user {user}"
    for topic in collector_subscriptions():
        yield f"topic read {topic}"
    for topic in collector_answers():
        yield f"topic write {topic}"


def acl(agents: Iterable[str], collector: str) -> str:
    """The whole file. Whoever is not named may nothing."""
    sections = [lines_for_collector(collector), *map(lines_for_agent, sorted(agents))]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"
