"""What ./run does on a machine that lacks something: it says what, and the one thing to do."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

# `has`, `id` and the places are shell functions and variables: a test passes in its own.
OPENING = 'set -euo pipefail; HERE="$1"; mkdir -p "$HERE/var"; . "$2"/tools/setup.sh; GUARD="$HERE/guard";'


def shell(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f"{OPENING} {script}", "bash", str(folder), str(ROOT)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "run", *arguments], cwd="/", capture_output=True, text=True, check=False, timeout=60)


def test_without_a_command_the_commands_are_listed_from_any_folder() -> None:
    outcome = run()
    assert outcome.returncode == 0
    for command in ("demo", "test", "check", "setup", "lock"):
        assert f"\n  {command} " in outcome.stdout


def test_an_unknown_command_is_a_mistake_in_usage() -> None:
    outcome = run("tset")
    assert outcome.returncode == 2
    assert "There is no command 'tset'." in outcome.stderr


def test_without_root_the_exact_command_is_printed(tmp_path: Path) -> None:
    outcome = shell(
        tmp_path, "id() { echo 1000; }; has() { [ $1 = nginx ]; }; need_packages mosquitto nginx postgresql"
    )
    assert outcome.returncode == 2
    assert outcome.stderr.splitlines()[-1] == (
        "  sudo apt-get update && sudo apt-get install -y --no-install-recommends mosquitto postgresql"
    )


def test_without_apt_the_programs_are_named(tmp_path: Path) -> None:
    outcome = shell(tmp_path, "has() { false; }; command() { false; }; need_packages mosquitto")
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("Missing: mosquitto (Debian's names).")


def test_nothing_is_installed_when_nothing_is_missing(tmp_path: Path) -> None:
    outcome = shell(tmp_path, "has() { true; }; apt-get() { echo touched; }; need_packages mosquitto nginx")
    assert (outcome.returncode, outcome.stdout) == (0, "")


def test_a_step_that_fails_shows_the_end_of_what_it_said(tmp_path: Path) -> None:
    outcome = shell(tmp_path, "step 'downloading the moon' sh -c 'seq 100; echo no network; exit 7'; echo went on")
    assert outcome.returncode == 2
    assert "no network" in outcome.stderr
    assert "That failed: downloading the moon" in outcome.stderr
    assert len(outcome.stderr.splitlines()) < 25
    assert "went on" not in outcome.stdout


def test_a_step_says_what_it_does_and_since_when(tmp_path: Path) -> None:
    outcome = shell(tmp_path, "step 'resting' true; say done")
    assert re.fullmatch(r"\[  \d s\] resting\n\[  \d s\] done\n", outcome.stdout)


def test_services_are_held_during_the_installation_only(tmp_path: Path) -> None:
    outcome = shell(tmp_path, 'hold_services; sh "$GUARD" || echo "refused with $?"; release_services; ls "$HERE"')
    assert outcome.stdout == "refused with 101\nvar\n"


def test_an_interrupted_installation_leaves_services_free(tmp_path: Path) -> None:
    outcome = shell(tmp_path, "hold_services; step 'failing' false")
    assert outcome.returncode == 2
    assert not (tmp_path / "guard").exists()


def test_the_guard_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = "#!/bin/sh\nexit 0\n"
    (tmp_path / "guard").write_text(theirs)
    assert shell(tmp_path, "hold_services; release_services").returncode == 0
    assert (tmp_path / "guard").read_text() == theirs


@pytest.mark.parametrize(
    "damage",
    [
        'rm "$VENV/stamp"',
        'rm "$VENV/bin/python"',
        'printf "#!/bin/sh\\nexit 1\\n" >"$VENV/bin/python"',
        'echo "more==1" >>"$HERE/requirements/dev.txt"',
        'mv "$HERE" "$HERE-moved"; HERE=$HERE-moved VENV=$HERE-moved/.venv',
    ],
    ids=["half made", "without Python", "with a broken Python", "of other requirements", "moved"],
)
def test_an_environment_that_cannot_be_trusted_is_made_anew(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "a checkout"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.txt").write_text("one==1\n")
    (folder / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho Python 3.11.2\n")
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    made = 'venv_stamp dev >"$VENV/stamp"; venv_is dev && echo trusted;'
    outcome = shell(folder, f"{made} {damage}; venv_is dev || echo distrusted")
    assert outcome.stdout == "trusted\ndistrusted\n", outcome.stderr


@pytest.mark.parametrize(
    ("there", "wanted", "made"),
    [("", "demo", "demo"), ("", "dev", "dev"), ("demo", "dev", "dev"), ("dev", "demo", "dev")],
)
def test_what_was_set_up_for_development_is_kept_for_the_demo(
    tmp_path: Path, there: str, wanted: str, made: str
) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "set").write_text(f"{there}\n")
    assert shell(tmp_path, f'make_venv() {{ echo "$1"; }}; need_venv {wanted}').stdout == f"{made}\n"


def test_development_adds_to_the_environment_that_a_demo_may_be_running_from(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("one==1\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "of the demo").touch()
    fakes = 'venv_is() { [ $1 = demo ]; }; need_python() { :; }; step() { echo "$1"; }; venv_stamp() { :; };'
    outcome = shell(tmp_path, f"{fakes} project_stamp() {{ :; }}; make_venv dev")
    assert outcome.stdout == "installing 1 Python packages (requirements/dev.txt)\n"
    assert (tmp_path / ".venv" / "of the demo").exists()


def test_a_second_run_waits_until_the_first_has_set_up(tmp_path: Path) -> None:
    script = (
        'make_venv() { echo "made"; }; cd "$HERE"; exec 8>var/setup.lock; flock 8; '
        "(exec 8>&-; need_venv dev) >out & until grep -q waiting out; do sleep 0.05; done; "
        "echo first; exec 8>&-; wait; tail -n 1 out"
    )
    assert shell(tmp_path, script).stdout == "first\nmade\n"


def test_a_demo_that_runs_keeps_nobody_from_setting_up(tmp_path: Path) -> None:
    script = 'make_venv() { :; }; need_venv dev; flock --nonblock "$HERE/var/setup.lock" echo free'
    assert shell(tmp_path, script).stdout == "free\n"
