"""`tillwatch users`: who may use the collector's API and console. Makes tokens; keeps only their hashes."""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

from collector import auth
from contract import documents

NAME = "users"
HELP = "people of the API and console: add one with a new token, list them"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a person and print their token, once")
    add.add_argument("name", metavar="NAME", help="who: letters, digits and . _ @ -")
    add.add_argument("--role", choices=auth.ROLES, default="view", help="what they may do (view)")
    add.add_argument("--region", action="append", default=[], metavar="REGION", help="only these; repeat for several")
    add.add_argument("--file", type=Path, required=True, metavar="FILE", help="the users file; made when it is missing")
    add.set_defaults(action=_add)
    listing = actions.add_parser("list", help="who is in the file")
    listing.add_argument("--file", type=Path, required=True, metavar="FILE", help="the users file")
    listing.set_defaults(action=_list)


def run(options: argparse.Namespace) -> int:
    try:
        status: int = options.action(options)
    except (documents.DocumentError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return status


def _add(options: argparse.Namespace) -> int:
    token = auth.new_token()
    before = documents.text_of(options.file) if options.file.exists() else "users:\n"
    after = f"{before.rstrip()}\n  - {_entry(options.name, options.role, auth.digest(token), options.region)}\n"
    auth.check(documents.parse(after, auth.UsersDocument, str(options.file)), str(options.file))
    _replace(options.file, after)
    print(token)
    print(f"{options.name} ({options.role}) is in {options.file}; the token above is shown this once.", file=sys.stderr)
    print("The collector reads the file when it starts.", file=sys.stderr)
    return 0


def _list(options: argparse.Namespace) -> int:
    for user in documents.read(options.file, auth.UsersDocument).users:
        print(f"{user.name:24}  {user.role:8}  {', '.join(user.regions) or 'all regions'}")
    return 0


def _entry(name: str, role: str, digest: str, regions: list[str]) -> str:
    """A line of YAML. JSON's quotes are YAML's, so no name can mean anything else than itself."""
    scope = f", regions: {json.dumps(regions)}" if regions else ""
    return f'{{name: {json.dumps(name)}, role: {role}, token_sha256: "{digest}"{scope}}}'


def _replace(path: Path, text: str) -> None:
    """All or nothing, and readable by its owner only."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(draft).chmod(path.stat().st_mode & 0o777)
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
