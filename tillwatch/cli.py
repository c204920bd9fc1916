"""`tillwatch COMMAND …`: finds the commands by their file names and imports only the one that was asked for.

An agent in a store runs through this file too, so it imports nothing that a command may not need.
Exit codes: 0 fine, 1 what was asked for failed, 2 usage or configuration, 130 interrupted.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, Protocol, cast

from contract.documents import DocumentError
from tillwatch.failure import CommandFailed

COMMANDS = Path(__file__).parent / "commands"
OURS = ("contract", "probes", "edge_agent", "rules", "collector", "tillwatch")


class Command(Protocol):
    NAME: str
    HELP: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where to read more, instead of printing the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatched(arguments)
        sys.stdout.flush()  # here, where a reader that left is no failure, and not while the interpreter ends
    except BrokenPipeError:
        # The reader of our output (`| head`) has what it wanted; the interpreter must not fail on the final flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _dispatched(arguments: list[str]) -> int:
    names = command_names()
    match arguments:
        case [] | ["-h" | "--help" | "help"]:
            print(overview(names))
            return 0 if arguments else 2
        case ["--version"]:
            print(f"tillwatch {version()}")
            return 0
        case [name, *rest] if name in names:
            return _ran(name, rest)
        case _:
            return _complained("tillwatch", f"there is no command {arguments[0]!r}{_near(arguments[0], names)}", 2)


def command_names() -> list[str]:
    return sorted(path.stem.replace("_", "-") for path in COMMANDS.glob("*.py") if path.stem != "__init__")


def overview(names: list[str]) -> str:
    width = max((len(name) for name in names), default=0)
    lines = [f"  {name:{width}}  {summary(name)}".rstrip() for name in names]
    return "\n".join(["usage: tillwatch COMMAND ...", "", *lines, "", "tillwatch COMMAND --help says more."])


def summary(name: str) -> str:
    """A command's HELP, read without importing it: help must work where its libraries are not installed."""
    import ast  # noqa: PLC0415 - only for help

    for statement in ast.parse(_file(name).read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "HELP":
            return str(ast.literal_eval(statement.value))
    return ""


def parser_of(name: str, command: Command) -> argparse.ArgumentParser:
    parser = OneLineParser(prog=f"tillwatch {name}", description=command.HELP)
    command.arguments(parser)
    return parser


def load(name: str) -> Command:
    return cast(Command, importlib.import_module(f"tillwatch.commands.{_file(name).stem}"))


def version() -> str:
    from importlib import metadata  # noqa: PLC0415 - heavier than an agent's whole command line

    try:
        return metadata.version("tillwatch")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _ran(name: str, rest: list[str]) -> int:
    prog = f"tillwatch {name}"
    try:
        command = load(name)
        return command.run(parser_of(name, command).parse_args(rest))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:
        return 130
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    except CommandFailed as failure:
        return _complained(prog, str(failure), failure.code)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _complained(prog, str(error), 2)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in OURS:
            raise
        return _complained(prog, f"needs {error.name}, which is not installed: install tillwatch[demo]", 2)


def _near(word: str, names: list[str]) -> str:
    import difflib  # noqa: PLC0415 - only for mistakes

    near = difflib.get_close_matches(word, names, n=1)
    return f"{f'; did you mean {near[0]!r}?' if near else ''} (see tillwatch --help)"


def _complained(prog: str, text: str, code: int) -> int:
    print(f"{prog}: {text}", file=sys.stderr)
    return code


def _file(name: str) -> Path:
    return COMMANDS / f"{name.replace('-', '_')}.py"
