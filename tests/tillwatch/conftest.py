"""What tests of several commands need."""

import json
from typing import Any

import pytest

from tests.tillwatch.doctor_asked import Ask, Said
from tillwatch.cli import main


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*arguments: object) -> tuple[int, Said]:
        capsys.readouterr()
        code = main(["doctor", *map(str, arguments), "--json"])
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        assert all(bool(one["advice"]) == (one["level"] != "ok") for one in found)
        return code, [(one["check"], one["level"], one["text"]) for one in found]

    return asked
