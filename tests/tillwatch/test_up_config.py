"""up.yaml may be empty, and whatever it holds is refused or becomes configurations that collector and agent accept."""

from pathlib import Path

import pytest

from collector import cmdb
from contract.documents import DocumentError
from tillwatch import up_config
from tillwatch.failure import CommandFailed
from tillwatch.state_folder import held

BROKER = "mqtt://127.0.0.1:1883"
CMDB = """\
stores: [{id: "0042", agents: [0042-server]}, {id: "0043", agents: [0043-server]}]
items: [{id: pos-01, store: "0042", class: pos_terminal}]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "up.yaml"
    file.write_text(text)
    return file


def test_an_empty_file_watches_this_machine(tmp_path: Path) -> None:
    up = up_config.read(written(tmp_path, f"state: {tmp_path}/state"))
    assert [check.key for check in up.agent(BROKER).checks] == ["this-machine/host"]
    collector = up.collector(BROKER)
    assert collector.http.listen == "127.0.0.1:8420"
    assert cmdb.registry(cmdb.read(collector.cmdb)) == {"this-machine": "here"}


def test_paths_count_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "cmdb.yaml").write_text(CMDB)
    text = """\
state: kept
cmdb: cmdb.yaml
store: "0042"
agent: 0042-server
checks: [{ci: pos-01, probe: tcp, target: "127.0.0.1:1"}]
"""
    up = up_config.read(written(tmp_path, text))
    collector = up.collector(BROKER)
    assert collector.cmdb[0].path == str(tmp_path / "cmdb.yaml")
    assert collector.database == f"sqlite:///{tmp_path}/kept/collector.db"
    assert up.agent(BROKER).document.log.path == f"{tmp_path}/kept/agent.db"


def test_the_state_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    up = up_config.read(written(tmp_path, "state: kept"))
    assert up.state.stat().st_mode & 0o077 == 0


MISTAKES = [
    ("lisen: x", "up.yaml:1: lisen: unknown key; did you mean 'listen'?"),
    ("\n\nchecks: [{ci: a, probe: tpc}]", "up.yaml:3: checks[0].probe: found 'tpc', which is no kind of probe"),
    ("checks: [{ci: a, probe: tcp, target: x}]", "up.yaml:1: checks[0].target: "),
    ("broker_port: 0", "up.yaml:1: broker_port: found 0"),
    ("listen: nowhere", "found 'nowhere', expected address:port such as 127.0.0.1:8420"),
    ("cmdb: cmdb.yaml", "up.yaml: agent: found 'this-machine' for store here; the CMDB knows no such agent"),
    ('cmdb: cmdb.yaml\nagent: 0043-server\nstore: "0042"', "up.yaml:2: agent: found '0043-server' for store 0042; it"),
    ("cmdb: elsewhere.yaml", "elsewhere.yaml: No such file or directory"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_named_before_anything_runs(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "cmdb.yaml").write_text(CMDB)
    with pytest.raises(DocumentError) as caught:
        up_config.read(written(tmp_path, f"{text}\nstate: kept"))
    assert message in str(caught.value)
    assert not (tmp_path / "kept" / "collector.db").exists()


def test_a_state_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(CommandFailed, match="is in use by another"), held(tmp_path):
        pass
    with held(tmp_path):
        pass
