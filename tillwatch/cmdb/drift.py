"""Which agents run by another configuration than the CMDB's export, from a collector's own database: for the doctor."""

from pathlib import Path

from collector import expected
from collector.config import Config
from collector.database import Database, cursors
from collector.expected import AgentRun, Installed, run_of


def drifting(config: Config, database: Database) -> list[AgentRun]:
    """By agent; empty where no `expected_agents` is configured. Raises DocumentError, DatabaseError."""
    if not config.expected_agents:
        return []
    hashes = expected.read(Path(config.expected_agents))
    with database.reading() as connection:
        rows = cursors.all_agents(connection)
    installed = {row.agent: Installed(row.version or "", row.config) for row in rows if row.config is not None}
    return [run for agent in sorted(hashes) if (run := run_of(agent, installed, hashes)).drift]
