"""Why a message was not accepted: a closed list, because the reasons are counted and shown to people."""

from typing import Literal

Reason = Literal[
    "topic",  # not one of ours, or an id with characters that ids do not have
    "part",  # an agent publishing outside its own part
    "oversized",  # larger than a message may be
    "bomb",  # inflates beyond the cap
    "truncated",  # the compressed stream or the document stops early
    "garbage",  # neither JSON nor zlib
    "invalid",  # JSON, but not the document that the topic promises
    "version",  # a version of the contract that is not spoken here
    "limited",  # more than one agent may send; the agent keeps it and sends it again
    "unregistered",  # an agent that the CMDB does not know
]


class Rejected(Exception):  # noqa: N818 - past tense, as all events here
    """A message for the dead letters. `reason` is counted; `detail` is for a person and may quote hostile text."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
