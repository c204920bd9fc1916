"""Each agent may write and read its own topics; nothing else is granted to anybody."""

import pytest

from contract import topics
from contract.documents import DocumentError
from tests.tillwatch.cmdb.estates import chain
from tillwatch.cmdb import acl


def granted(text: str) -> dict[str, set[str]]:
    users: dict[str, set[str]] = {}
    user = ""
    for line in text.splitlines():
        match line.split(maxsplit=1):
            case ["user", name]:
                user = name
                users[user] = set()
            case ["topic", rule]:
                users[user].add(rule)
    return users


def test_an_agent_is_granted_exactly_its_own_topics() -> None:
    users = granted(acl.text(chain("  {}\n")))
    assert set(users) == {"collector", "0001-server", "0001-spare", "0002-server", "0003-server"}
    agent = "0002-server"
    up = {f"write {topics.up(agent, report)}" for report in ("hello", "live", "bulk", "bye")}
    down = {f"read {topics.down(agent, report)}" for report in ("ack", "cmd")}
    assert users[agent] == up | down


def test_the_collector_has_the_other_ends() -> None:
    rules = granted(acl.text(chain("  {}\n")))["collector"]
    assert rules == {f"read tillwatch/1/+/+/{report}" for report in ("hello", "live", "bulk", "bye")} | {
        f"write tillwatch/1/+/+/{report}" for report in ("ack", "cmd")
    }


def test_an_agent_cannot_be_called_like_the_collector() -> None:
    with pytest.raises(
        DocumentError, match=r"cmdb.yaml:2: stores\[0\].agents\[0\]: 'collector' is the collector's name"
    ):
        acl.text(chain("  {}\n", 'stores:\n  - {id: "1", agents: [collector]}\n'))
