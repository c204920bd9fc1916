"""An agent as a process of its own, as a store has it."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def agent_yaml(folder: Path, broker_url: str, checks: list[str], **defaults: str) -> Path:
    """A configuration with quick checks, one flow mapping a line."""
    settings = {"interval": "200ms", "timeout": "200ms", "retry": "50ms", "pulse": "300ms"} | defaults
    path = folder / "agent.yaml"
    lines = [
        'store: "0042"',
        "agent: 0042-server",
        f"broker: {{url: {broker_url}}}",
        f"log: {{path: {folder / 'agent.db'}}}",
        f"defaults: {{{', '.join(f'{key}: {value}' for key, value in settings.items())}}}",
        "checks:" if checks else "checks: []",
        *(f"  - {{{check}}}" for check in checks),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


class AgentProcess:
    """`python PROGRAM CONFIG` as a child: our agent, or another that is told its configuration; `more` environment."""

    def __init__(
        self,
        config: Path,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "tillwatch", "agent", "run", "--config"),
        **more: str,
    ) -> None:
        self._command = [sys.executable, *program, str(config)]
        self._environment = {**(environment or os.environ | {"PYTHONPATH": str(ROOT)}), **more}
        self.process = self._begin()

    def __enter__(self) -> "AgentProcess":
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As a power cut would: no chance to say or keep anything."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._begin()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=20)

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, env=self._environment, cwd=ROOT)
