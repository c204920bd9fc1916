"""Where on the broker things are said: `tillwatch/1/<part>/<agent>/<report>`. No other file spells a topic."""

from typing import Literal, NamedTuple, get_args

from contract.ids import is_id, part_of
from contract.rejection import Rejected

Up = Literal["hello", "live", "bulk", "bye"]
Down = Literal["ack", "cmd"]

VERSION = 1
_ROOT = f"tillwatch/{VERSION}"
_UP: dict[str, Up] = {word: word for word in get_args(Up)}
_DOWN: tuple[Down, ...] = get_args(Down)


class Sender(NamedTuple):
    """Who said it and what kind of thing it is; trustworthy because the broker's ACL ties a credential to its topic."""

    agent: str
    report: Up


def up(agent: str, report: Up) -> str:
    return f"{_ROOT}/{part_of(agent)}/{agent}/{report}"


def down(agent: str, report: Down) -> str:
    return f"{_ROOT}/{part_of(agent)}/{agent}/{report}"


def collector_subscriptions(part: str = "+") -> list[str]:
    """What a collector listens to: everything agents say, in one part or in all of them."""
    return [f"{_ROOT}/{part}/+/{report}" for report in _UP]


def collector_publications() -> list[str]:
    """All that a collector may publish on, as an ACL has it."""
    return [f"{_ROOT}/+/+/{report}" for report in _DOWN]


def agent_subscriptions(agent: str) -> list[str]:
    return [down(agent, report) for report in _DOWN]


def agent_publications(agent: str) -> list[str]:
    return [up(agent, report) for report in _UP.values()]


def sender(topic: str) -> Sender:
    """Who published on `topic`. Raises Rejected for a foreign topic, a malformed id, a part not the agent's."""
    levels = topic.split("/")
    if len(levels) != 5 or levels[0] != "tillwatch" or levels[1] != str(VERSION) or levels[4] not in _UP:
        raise Rejected("topic", f"{topic[:200]!r} is not a topic that agents publish on")
    part, agent, report = levels[2:]
    if not is_id(agent):
        raise Rejected("topic", f"{agent[:80]!r} is not an agent id")
    if part != part_of(agent):
        raise Rejected("part", f"agent {agent} belongs to part {part_of(agent)}, not {part[:8]!r}")
    return Sender(agent, _UP[report])
