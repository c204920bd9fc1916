"""Files that systemd hands to a service with `LoadCredential=NAME:…`: a setting names them `credential:NAME`.

systemd puts them into a folder of the service's own, which $CREDENTIALS_DIRECTORY names (source: systemd.exec(5)). By
hand the same variable may name any folder that has files of those names.
"""

import os
from collections.abc import Mapping

PREFIX = "credential:"
VARIABLE = "CREDENTIALS_DIRECTORY"


def located(path: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where the file of a setting is. Without the variable a credential stays what it is called, which no file is."""
    folder = environment.get(VARIABLE, "")
    if not (path.startswith(PREFIX) and folder):
        return path
    return os.path.join(folder, path.removeprefix(PREFIX))  # noqa: PTH118 - a setting is a string before and after


def mistake(path: str) -> str:
    """What is wrong with the name of a credential; empty when nothing is, or when it is a plain path."""
    name = path.removeprefix(PREFIX)
    if name == path or (name and "/" not in name and name not in (".", "..")):
        return ""
    return f"found {path[:80]!r}, expected {PREFIX}NAME, a name without a slash"


def why_missing(path: str) -> str:
    """What to say of a file that is not there."""
    if path.startswith(PREFIX):
        return f"{path} is for a service that systemd starts with LoadCredential=; ${VARIABLE} is not set here"
    return f"{path}: No such file or directory"
