"""Says everything that is wrong with a policy or a scenario before it is used; `tillwatch rules check` shows it."""

from pathlib import Path
from typing import Literal, NamedTuple

from contract import documents
from contract.documents import DocumentError
from rules.given import policy
from rules.rehearsal import scenario

Kind = Literal["policy", "scenario"]


class Checked(NamedTuple):
    """What the file was taken for, and one line a mistake: file, line, path, what was found, what was expected."""

    kind: Kind
    mistakes: list[str]


def check(path: Path) -> Checked:
    """Reads a file that a person wrote. A document with `steps` is a scenario, anything else a policy."""
    try:
        loaded = documents.load(documents.text_of(path), str(path))
    except DocumentError as error:
        return Checked("policy", str(error).splitlines())
    kind: Kind = "scenario" if isinstance(loaded.data, dict) and "steps" in loaded.data else "policy"
    try:
        if kind == "scenario":
            scenario.checked(loaded, str(path))
        else:
            policy.checked(loaded, str(path))
    except DocumentError as error:
        return Checked(kind, str(error).splitlines())
    return Checked(kind, [])
