"""Puts a mutant into the rules. In a child: nothing is written into the checkout.

A function gets the changed code where it is, for to import the rules anew costs more than most questions. What is
outside of functions, or was called while the rules were imported, is imported anew.
"""

import importlib
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from tools.mutation.child import ROOT, put_in
from tools.mutation.mutants import Mutant, mutated

_NEW_LOCALS = 0x2  # of a function's code, not of a class's


def place(mutant: Mutant, is_imported_by_calling: bool) -> None:
    source = mutated((ROOT / mutant.file).read_text(), mutant)
    function = None if is_imported_by_calling or not mutant.statement else _function(mutant, source)
    if function is None:
        put_in({mutant.file: source}, {})
    else:
        function[0].__code__ = function[1]


def _function(mutant: Mutant, source: str) -> tuple[FunctionType, CodeType] | None:
    """The outermost that holds the mutant, and its changed code; None for what is not called as it is written."""
    module = importlib.import_module(mutant.file.removesuffix(".py").replace("/", "."))
    for code in _outermost(compile(source, str(ROOT / mutant.file), "exec")):
        found: Any = module
        for name in code.co_qualname.split("."):
            found = vars(found).get(name)
        found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
        if isinstance(found, FunctionType) and _holds(found.__code__, mutant.statement):
            same = found.__code__.co_firstlineno == code.co_firstlineno
            return (found, code) if same else None
    return None


def _outermost(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_flags & _NEW_LOCALS:
            yield inner
        elif isinstance(inner, CodeType):
            yield from _outermost(inner)


def _holds(code: CodeType, line: int) -> bool:
    within = [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return line in {known for _, _, known in code.co_lines()} or any(_holds(inner, line) for inner in within)
