"""docs/collector.md names every setting, table and reason that the code has."""

from pathlib import Path
from typing import get_args

import msgspec

from collector import config
from collector.database.tables import metadata
from contract.rejection import Reason

PAGE = (Path(__file__).parents[2] / "docs" / "collector.md").read_text()


def test_every_setting_is_documented() -> None:
    for prefix, kind in (
        ("", config.Config),
        ("broker.", config.Session),
        ("http.", config.Http),
        ("keep.", config.Keep),
    ):
        for field in msgspec.structs.fields(kind):
            assert f"`{prefix}{field.name}" in PAGE or f"`{field.name}." in PAGE, f"{prefix}{field.name}"


def test_every_table_and_every_reason_is_documented() -> None:
    for name in (*metadata.tables, *get_args(Reason)):
        assert f"`{name}`" in PAGE, name
