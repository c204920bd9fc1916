"""The roles and playbooks pass ansible-lint's strictest profile, offline, and every playbook's syntax is right."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.fleet_site import ROOT, ansible_folder

FOLDER = ROOT / "ansible"
PLAYBOOKS = sorted((FOLDER / "playbooks").glob("*.yml"))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    path = f"{ansible_folder()}:{os.environ['PATH']}"
    return subprocess.run(
        command, cwd=FOLDER, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.mark.timeout(600)
@pytest.mark.shows("2.2", "The production profile passes offline")
def test_the_production_profile_passes_offline() -> None:
    outcome = run("ansible-lint", "--offline", "--nocolor")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "Profile 'production' was required, and it passed" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
@pytest.mark.shows("2.2", "The syntax of every playbook is right")
def test_the_syntax_of_every_playbook_is_right(playbook: Path) -> None:
    outcome = run("ansible-playbook", "--syntax-check", "-i", "inventories/ci/hosts", str(playbook))
    assert outcome.returncode == 0, outcome.stderr
