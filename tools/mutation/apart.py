"""Work done in a process of its own, which may import the rules from another source than the checkout's."""

import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
MOST_MEMORY = 3 << 30


class Child(NamedTuple):
    pid: int
    pipe: int

    def answer(self) -> Any:
        """What it found out; `error` when it died without saying."""
        with os.fdopen(self.pipe, "rb") as pipe:
            said = pipe.read()
        return json.loads(said) if said else "error"


def started(work: Callable[[], Any], patience: int | None = None) -> Child:
    """`patience` is seconds of CPU that it may take."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return Child(pid, read)
    os.close(read)
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        if patience is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (patience, patience + 1))
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            answer = work()
        os.write(write, json.dumps(answer).encode())
        code = 0
    finally:
        os._exit(code)


def answer(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work came to, and the seconds of CPU that it took; this process never imports what that one does."""
    child = started(work)
    found = child.answer()
    used = os.wait4(child.pid, 0)[2]
    return found, used.ru_utime + used.ru_stime


def without_rules() -> None:
    """Raises RuntimeError where the rules are imported already."""
    if "rules" in sys.modules:
        raise RuntimeError(
            "the rules are imported here already, so no process made from this one would import a mutant"
        )


def put_in(sources: Mapping[str, str]) -> None:
    """Files, such as `rules/state.py`, are imported from these sources from now on."""
    sys.meta_path.insert(0, _Finder(sources))


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives some modules another source; everything else is imported as always."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = {file.removesuffix(".py").replace("/", "."): (file, text) for file, text in sources.items()}

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._sources:
            return None
        file, _text = self._sources[fullname]
        return importlib.util.spec_from_file_location(fullname, str(ROOT / file), loader=self)

    def exec_module(self, module: ModuleType) -> None:
        file, text = self._sources[module.__name__]
        exec(compile(text, str(ROOT / file), "exec"), module.__dict__)  # noqa: S102 - our own source, changed
