"""The contracts on imports catch what they are there for, and allow the one module that each of them names."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

ROOMS = ["contract", "probes", "edge_agent", "rules", "collector", "tillwatch"]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Six rooms with nothing but `files` in them, under our own contracts."""
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for name in [*(f"{room}/__init__.py" for room in ROOMS), *files]:
        path = folder / name
        for package in [path.parent, *path.parent.parents]:
            if package.is_relative_to(folder) and package != folder:
                package.mkdir(parents=True, exist_ok=True)
                (package / "__init__.py").touch()
        path.write_text(files.get(name, ""))
    command = [LINT, "--no-logo", "--no-cache"]
    environment = {"PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("contract/x.py", "import rules"),
        ("rules/x.py", "import collector"),
        ("rules/x.py", "import sqlalchemy"),
        ("edge_agent/x.py", "import collector"),
        ("collector/x.py", "import edge_agent"),
        ("collector/x.py", "from probes import registry"),
        ("edge_agent/x.py", "import rules"),
        ("probes/x.py", "import edge_agent"),
        ("collector/x.py", "import tillwatch"),
        ("edge_agent/x.py", "import paho.mqtt.client"),
        ("tillwatch/x.py", "def late():\n    from paho.mqtt import client"),
        ("collector/x.py", "import sqlalchemy"),
        ("collector/x.py", "from alembic import op"),
        ("edge_agent/x.py", "import prometheus_client"),
        ("probes/tcp.py", "import aiohttp"),
        ("collector/x.py", "from aiohttp import web"),
    ],
)
def test_an_import_that_the_design_forbids_is_caught(tmp_path: Path, name: str, source: str) -> None:
    outcome = lint(tmp_path, {name: source})
    assert outcome.returncode == 1, outcome.stdout
    assert "BROKEN" in outcome.stdout
    assert name.removesuffix(".py").replace("/", ".") in outcome.stdout


def test_what_the_design_allows_passes(tmp_path: Path) -> None:
    outcome = lint(
        tmp_path,
        {
            "edge_agent/wire.py": "import paho.mqtt.client\nimport contract\n",
            "edge_agent/app.py": "import probes\nfrom edge_agent import wire\n",
            "collector/subscriber.py": "from paho.mqtt import client\n",
            "collector/database/__init__.py": "import sqlalchemy\n",
            "collector/database/tables.py": "import sqlalchemy\n",
            "collector/http/application.py": "from aiohttp import web\n",
            "collector/app.py": "import rules\nfrom collector import database, subscriber\n",
            "probes/http_client.py": "import aiohttp\n",
            "tillwatch/demo.py": "import collector.app, edge_agent.app\n",
        },
    )
    assert outcome.returncode == 0, outcome.stdout
