"""What the inventories hold is what their CMDB says: nobody edited what is exported."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITES = sorted(path for path in (ROOT / "ansible" / "inventories").iterdir())


@pytest.mark.parametrize("site", SITES, ids=lambda path: path.name)
def test_exported_files_are_those_of_the_cmdb(site: Path, tmp_path: Path) -> None:
    targets = [
        "--agents",
        tmp_path / "agents",
        "--expected",
        tmp_path / "expected.yaml",
        "--acl",
        tmp_path / "broker.acl",
    ]
    targets += ["--ansible", tmp_path / "stores.yml", "--base", "base.yaml"]
    command = [sys.executable, "-m", "tillwatch", "cmdb", "export", "cmdb.yaml", *map(str, targets)]
    subprocess.run(command, cwd=site, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    places = {"stores.yml": "hosts/stores.yml"}
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) >= 5
    assert {name: (site / places.get(name, name)).read_text() for name in written} == written
