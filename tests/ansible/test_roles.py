"""Roles have one shape, say what they take, and are told of in docs/deploy.md."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ansible"
ROLES = sorted(path.name for path in (FOLDER / "roles").iterdir())
PAGE = (ROOT / "docs" / "deploy.md").read_text()


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def defaults(role: str) -> dict[str, Any]:
    found: dict[str, Any] = read(FOLDER / "roles" / role / "defaults" / "main.yml")
    return found


def specs(role: str) -> dict[str, Any]:
    found: dict[str, Any] = read(FOLDER / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_default_has_a_type_and_a_description(role: str) -> None:
    options = {name: option for entry in specs(role).values() for name, option in entry["options"].items()}
    assert set(defaults(role)) - set(options) == set()
    assert all(option["type"] and option["description"] for option in options.values())


@pytest.mark.parametrize("role", ROLES)
def test_a_default_is_the_one_that_its_description_says(role: str) -> None:
    options = {name: option for entry in specs(role).values() for name, option in entry["options"].items()}
    said = {name: option["default"] for name, option in options.items() if "default" in option}
    assert {name: value for name, value in said.items() if name in defaults(role)} == {
        name: defaults(role)[name] for name in said if name in defaults(role)
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_way_into_a_role_is_there(role: str) -> None:
    tasks = {path.stem for path in (FOLDER / "roles" / role / "tasks").glob("*.yml")}
    assert set(specs(role)) <= tasks


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_of_a_role_is_on_the_page(role: str) -> None:
    assert [name for name in defaults(role) if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("playbook", sorted(path.stem for path in (FOLDER / "playbooks").glob("*.yml")))
def test_every_playbook_is_on_the_page(playbook: str) -> None:
    assert f"`{playbook}`" in PAGE


def test_whatever_takes_a_secret_keeps_silent_about_it() -> None:
    """Each task that writes a secret has no_log and shows no difference."""
    for path in (FOLDER / "roles").rglob("tasks/*.yml"):
        for task in re.split(r"\n(?=\s*- name:)", path.read_text()):
            if re.search(r"\w+_secrets \| dict2items", task):
                assert "no_log: true" in task, path
                assert "diff: false" in task, path


def test_what_systemd_hands_over_is_what_the_configuration_names() -> None:
    unit = (FOLDER / "roles/edge_agent/templates/tillwatch-agent.service.j2").read_text()
    for base in (FOLDER / "inventories").glob("*/base.yaml"):
        kind, _, name = read(base)["broker"]["key"].partition(":")
        assert kind == "credential"
        assert f"LoadCredential={name}:" in unit


def test_no_package_here_hides_the_real_ansible() -> None:
    assert list(FOLDER.rglob("__init__.py")) == []
