"""Every acceptance test is a row of docs/acceptance.md; tools/shown.py says how."""

from pathlib import Path

import pytest

from tools.shown import add_option, figure, keep_table, progress

__all__ = ["figure", "progress"]


def pytest_addoption(parser: pytest.Parser) -> None:
    add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    keep_table(config, Path(__file__).parent)
