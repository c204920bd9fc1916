"""Settings of a kind from what a person wrote, with the path and the nearest key of every mistake."""

from typing import Any

import msgspec

from contract.documents import Loaded, convert
from probes import registry


def read(kind: str, mapping: dict[str, Any]) -> msgspec.Struct:
    """`mapping` as the settings of `kind`.

    Raises contract.documents.DocumentError, whose mistakes' paths start inside `mapping` (`expect_statu`), so that the
    caller can put its own before them; registry.UnknownKind and registry.KindNotInstalled.
    """
    settings: msgspec.Struct = convert(Loaded(mapping, {}), registry.load(kind).settings, f"settings of {kind}")
    return settings
