"""`tillwatch cmdb export` writes all of it or nothing, shows what would change, and removes only what it made."""

from pathlib import Path

import pytest

from tests.tillwatch.cmdb.estates import CHAIN
from tillwatch import cli

CHECKS = "checks_by_class:\n  pos_terminal: [{probe: icmp}]\n"
BASE = 'broker: {url: "mqtts://broker.example"}\n'


class Desk:
    """A folder with a CMDB and a base, and the command run on them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.agents = folder, folder / "agents"
        self.cmdb, self.base = folder / "cmdb.yaml", folder / "base.yaml"
        self._capsys = capsys
        self.cmdb.write_text(CHAIN + CHECKS)
        self.base.write_text(BASE)

    def export(self, *options: str, code: int = 0) -> tuple[str, str]:
        """What it prints to the standard output and to the standard error."""
        assert cli.main(["cmdb", "export", str(self.cmdb), *options]) == code
        printed = self._capsys.readouterr()
        return printed.out, printed.err

    def export_agents(self, *options: str, code: int = 0) -> str:
        return self.export("--agents", str(self.agents), "--base", str(self.base), *options, code=code)[1]

    def names(self) -> set[str]:
        return {path.name for path in self.agents.iterdir()} if self.agents.exists() else set()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_every_agent_gets_its_file_and_a_second_export_changes_nothing(desk: Desk) -> None:
    assert "4 new" in desk.export_agents()
    assert desk.names() == {"0001-server.yaml", "0001-spare.yaml", "0002-server.yaml", "0003-server.yaml"}
    assert "4 same" in desk.export_agents()


def test_a_dry_run_shows_the_difference_and_writes_nothing(desk: Desk) -> None:
    desk.export_agents()
    before = (desk.agents / "0003-server.yaml").read_text()
    desk.cmdb.write_text(desk.cmdb.read_text().replace("till.example", "till-new.example"))
    told = desk.export_agents("--dry-run")
    assert "-- {ci: pos-01, name: icmp, probe: icmp, target: till.example}" in told
    assert "+- {ci: pos-01, name: icmp, probe: icmp, target: till-new.example}" in told
    assert "would be: 1 changed, 3 same" in told
    assert (desk.agents / "0003-server.yaml").read_text() == before


def test_files_of_agents_that_are_gone_go_only_with_prune_and_others_files_never(desk: Desk) -> None:
    desk.export_agents()
    (desk.agents / "mine.yaml").write_text("note: written by a person\n")
    desk.cmdb.write_text(desk.cmdb.read_text().replace("0001-server, 0001-spare", "0001-server"))
    told = desk.export_agents()
    assert "0001-spare.yaml are of no agent any more; --prune removes them" in told
    assert "mine.yaml were not made by an export, and stay" in told
    assert "0001-spare.yaml" in desk.names()
    desk.export_agents("--prune")
    assert desk.names() == {"0001-server.yaml", "0002-server.yaml", "0003-server.yaml", "mine.yaml"}


def test_with_one_mistake_nothing_is_written(desk: Desk) -> None:
    desk.cmdb.write_text(CHAIN + CHECKS.replace("icmp", "imcp"))
    told = desk.export_agents("--acl", str(desk.folder / "acl"), code=2)
    assert "cmdb.yaml:17: checks_by_class.pos_terminal[0].probe: found 'imcp'" in told
    assert desk.names() == set()
    assert not (desk.folder / "acl").exists()


def test_the_inventory_can_go_to_the_standard_output_alone(desk: Desk) -> None:
    out, err = desk.export("--ansible", "-")
    assert "tillwatch_agents:" in out
    assert "Ansible looks the name up" in err


def test_several_files_are_one_cmdb(desk: Desk) -> None:
    desk.cmdb.write_text(CHAIN)
    more = desk.folder / "checks.yaml"
    more.write_text(CHECKS)
    desk.export_agents()
    assert "checks: []" in (desk.agents / "0002-server.yaml").read_text()
    assert cli.main(["cmdb", "check", str(desk.cmdb), str(more)]) == 0
    assert cli.main([
        "cmdb", "export", str(desk.cmdb), str(more), "--agents", str(desk.agents), "--base", str(desk.base),
    ]) == 0  # fmt: skip
    assert "probe: icmp" in (desk.agents / "0002-server.yaml").read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "nothing to export: give --agents, --expected, --ansible or --acl"),
        (["--agents", "x"], "--agents and --expected need --base"),
        (["--acl", "-", "--prune"], "--prune is about the folder of --agents"),
        (["--acl", "-", "--ansible", "-"], "only one of --ansible and --acl can be the standard output"),
    ],
)
def test_what_does_not_go_together_is_told(desk: Desk, options: list[str], told: str) -> None:
    assert told in desk.export(*options, code=2)[1]
