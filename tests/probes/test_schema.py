from typing import Annotated

import msgspec
from msgspec import Meta

from contract.units import Duration, Size
from probes.schema import Setting, settings_of


class Inner(msgspec.Struct):
    path: Annotated[str, Meta(description="where")]


class Example(msgspec.Struct):
    wait: Annotated[Duration | None, Meta(description="how long")] = None
    cap: Annotated[Size, Meta(description="how much")] = Size(1500)
    share: Annotated[float, Meta(gt=0, le=100, description="in %")] = 50
    inner: Annotated[list[Inner], Meta(description="several")] = []


def test_settings_become_rows_in_words() -> None:
    assert settings_of(Example) == [
        Setting("wait", "duration", "", "how long"),
        Setting("cap", "size", "1500B", "how much"),
        Setting("share", "number above 0 to 100", "50", "in %"),
        Setting("inner", "list of mapping", "[]", "several"),
        Setting("inner[].path", "text", "", "where", required=True),
    ]
