"""The examples in docstrings of everything in probes/ that is not a kind; kinds have test_conformance.py."""

import doctest
import importlib
import pkgutil

import pytest

import probes

MODULES = sorted(f"probes.{module.name}" for module in pkgutil.iter_modules(probes.__path__) if not module.ispkg)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert doctest.testmod(module).failed == 0
