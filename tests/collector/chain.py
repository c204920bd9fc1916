"""A chain of two stores, on disk, and the configuration of a collector for it."""

from pathlib import Path

from collector.config import Config, parse

CMDB = """
stores:
  - {id: "0001", name: One, region: north, agents: [0001-server]}
  - {id: "0002", name: Two, region: south, agents: [0002-server]}
items:
  - {id: pos-01, store: "0001", class: pos_terminal, provides: [checkout], group: lanes}
  - {id: pos-02, store: "0001", class: pos_terminal, provides: [checkout], group: lanes}
  - {id: pos-01, store: "0002", class: pos_terminal, provides: [checkout], group: lanes}
"""


def config(folder: Path, database: str, port: int) -> Config:
    (folder / "cmdb.yaml").write_text(CMDB)
    return parse(text(database, port), "collector.yaml", folder)


def text(database: str, port: int) -> str:
    """A collector.yaml beside its cmdb.yaml."""
    return f"""
deployment: test
broker: {{url: "mqtt://127.0.0.1:{port}"}}
database: "{database}"
cmdb: [{{kind: yaml, path: cmdb.yaml}}]
http: {{listen: "127.0.0.1:0"}}
"""
