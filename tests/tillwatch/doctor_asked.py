"""The doctor as a person asks it, and what it said."""

from pathlib import Path
from typing import Protocol

from tests.edge_agent.secured import SecuredBroker

AGENT = "0042-server"
Said = list[tuple[str, str, str]]


class Ask(Protocol):
    def __call__(self, *arguments: object) -> tuple[int, Said]:
        """`tillwatch doctor ARGUMENTS`: its code and (check, level, text) of each finding."""
        ...


def failed(said: Said) -> list[str]:
    return [text for _, level, text in said if level == "failed"]


def agent_yaml(folder: Path, broker: SecuredBroker, name: str = AGENT) -> Path:
    credential = broker.credential(name)
    Path(credential.key).chmod(0o640)
    path = folder / "agent.yaml"
    files = f"ca: {credential.ca}, cert: {credential.cert}, key: {credential.key}"
    path.write_text(
        f'store: "0042"\nagent: {AGENT}\nbroker: {{url: "{broker.url}", {files}}}\nlog: {{path: {folder}/agent.db}}\n'
        "defaults: {pulse: 500ms}\nchecks: []\n"
    )
    return path
