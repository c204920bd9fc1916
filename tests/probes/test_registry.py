import sys
from pathlib import Path

import pytest

from probes import kinds as kinds_package
from probes import registry


def test_every_file_of_the_folder_is_a_kind() -> None:
    files = {path.stem for path in Path(kinds_package.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(registry.kinds()) == files
    assert {"tcp", "http", "icmp", "host", "snmp", "freshness", "tls"} <= files


def test_an_unknown_kind_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(registry.UnknownKind, match="found 'htpp', which is no kind of probe; did you mean 'http'"):
        registry.load("htpp")
    with pytest.raises(registry.UnknownKind, match="known here: freshness, host, http, icmp, snmp, tcp, tls"):
        registry.load("../../etc/passwd")


def test_a_kind_whose_library_is_missing_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "exotic.py").write_text('"""A kind."""\nimport a_library_that_nobody_has\n')
    kinds_package.__path__.append(str(tmp_path))
    try:
        with pytest.raises(registry.KindNotInstalled) as refusal:
            registry.load("exotic")
    finally:
        kinds_package.__path__.remove(str(tmp_path))
    assert str(refusal.value) == (
        "the probe 'exotic' needs the library 'a_library_that_nobody_has': install it with tillwatch[exotic]"
    )
    assert "probes.kinds.exotic" not in sys.modules
