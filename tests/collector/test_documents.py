"""One file for each way to get a document wrong, with the exact message that a person gets beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector import cmdb, config
from contract.documents import DocumentError

INVALID = Path(__file__).parent / "invalid"
READ: dict[str, Callable[[str, str], Any]] = {"cmdb": cmdb.parse, "config": config.parse}


@pytest.mark.parametrize("path", sorted(INVALID.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_mistake_is_told_with_its_line_and_what_was_expected(path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        READ[path.parent.name](path.read_text(), path.name)
    assert str(caught.value) + "\n" == path.with_suffix(".txt").read_text()
