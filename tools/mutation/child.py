"""Work in a process of its own, in which the rules may be imported with other sources."""

import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

ROOT = Path(__file__).parents[2]
MOST_MEMORY = 3 << 30


class Child(NamedTuple):
    pid: int
    pipe: int

    def answer(self) -> bytes:
        """JSON of what it found out; empty when it died without saying."""
        with os.fdopen(self.pipe, "rb") as pipe:
            return pipe.read()


def started(work: Callable[[], Any]) -> Child:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return Child(pid, read)
    os.close(read)
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            answer = work()
        with os.fdopen(write, "wb") as pipe:
            pipe.write(msgspec.json.encode(answer))
        code = 0
    finally:
        os._exit(code)


def answered(work: Callable[[], Any]) -> bytes:
    child = started(work)
    answer = child.answer()
    os.waitpid(child.pid, 0)
    return answer


# In a child.


def allow(seconds: float) -> None:
    """From now on, of CPU: a busy machine proves nothing. When they are over comes SIGPROF; 0: never."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def put_in(sources: dict[str, str], words: dict[str, Any]) -> None:
    """From now on these files of the rules are imported with these sources, which know these words."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("rules", "tests")]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Changed(sources, words))


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, sources: dict[str, str], words: dict[str, Any]) -> None:
        self._sources, self._words = sources, words

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        file = _file(fullname)
        if file not in self._sources:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        file = _file(module.__name__)
        module.__dict__.update(self._words)
        exec(compile(self._sources[file], file, "exec"), module.__dict__)  # noqa: S102 - our own source, changed


def _file(module: str) -> str:
    return module.replace(".", "/") + ".py"
