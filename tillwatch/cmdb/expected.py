"""What each agent should run by, as hashes: the file that the collector compares their hellos with. Pure."""

from collections.abc import Iterable

import yaml

from tillwatch.cmdb.agents import AgentFile


def text(files: Iterable[AgentFile]) -> str:
    """YAML in the shape of collector.expected.ExpectedDocument."""
    head = "# Made by `tillwatch cmdb export --expected`: the hash of each agent's configuration.\n"
    hashes = {file.agent: file.fingerprint for file in files}
    return head + yaml.safe_dump({"agents": hashes}, default_flow_style=False)
