"""One measurement of one check, as a pulse carries it."""

from typing import Annotated

import msgspec

from contract.ids import CHECK_PATTERN
from contract.status import Status

MAX_TEXT = 300

CheckKey = Annotated[str, msgspec.Meta(pattern=CHECK_PATTERN)]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
# Seconds since 1970 UTC. The bound keeps a hostile or broken clock representable as a date.
Instant = Annotated[float, msgspec.Meta(ge=0, le=4_102_444_800)]


class Result(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Rows, not objects: a store sends some sixty of these every 15 s, for ever.

    `check` is validated where its list is first seen, not in every pulse. `ms` is how long the probe took; `age` is how
    many seconds before the pulse's `at` it was measured; `text` says why, and is empty when all is well.
    """

    check: Annotated[str, msgspec.Meta(max_length=127)]
    status: Status
    ms: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    age: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    text: Text = ""
