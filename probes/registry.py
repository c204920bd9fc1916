"""Finds the kinds: every file in probes/kinds/ is one. A kind is imported when it is asked for, so an agent carries the
weight only of what it uses."""

import difflib
import importlib
import pkgutil
from functools import cache
from types import ModuleType

from probes import kinds as kinds_package
from probes.probe import AnyProbe


class UnknownKind(LookupError):  # noqa: N818 - reads as what it is
    """No file of that name. The text names the nearest kind."""


class KindNotInstalled(ImportError):  # noqa: N818 - reads as what it is
    """The kind needs a library that is not installed. The text says which."""


def kinds() -> tuple[str, ...]:
    """The names of all kinds, sorted; imports none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(kinds_package.__path__)))


def load(kind: str) -> AnyProbe:
    """The probe called `kind`. Raises UnknownKind or KindNotInstalled."""
    probe: AnyProbe = module(kind).PROBE
    return probe


@cache  # the folder is listed for it, and an export asks for every check of a chain
def module(kind: str) -> ModuleType:
    """The file of `kind`, whose docstring is its documentation. Raises as `load` does."""
    if kind not in kinds():
        near = difflib.get_close_matches(kind, kinds(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(kinds())}"
        raise UnknownKind(f"found {kind!r}, which is no kind of probe; {hint}")
    try:
        return importlib.import_module(f"{kinds_package.__name__}.{kind}")
    except ModuleNotFoundError as error:
        raise KindNotInstalled(
            f"the probe {kind!r} needs the library {error.name!r}: install it with tillwatch[{kind}]"
        ) from error
