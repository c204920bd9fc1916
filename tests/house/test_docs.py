"""The docs say what the code says, and lead to files that exist."""

import re
import subprocess
import tomllib
from itertools import chain
from typing import Any, get_args

import msgspec
import pytest
from packaging.requirements import Requirement

from contract import records, rejection, reports, results, topics
from tests.house.tracked import ROOT, tracked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHAPES: list[Any] = [
    *get_args(reports.UpReport),
    *get_args(reports.DownReport),
    *get_args(records.Record),
    reports.EpochSpan,
    reports.Belief,
    records.Stamp,
    results.Results,
]
PAGES = [path for path in tracked() if path.suffix == ".md"]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_on_the_wire_is_explained(shape: Any) -> None:
    wire = page("wire.md")
    missing = [field.encode_name for field in msgspec.structs.fields(shape) if f"`{field.encode_name}`" not in wire]
    assert missing == []


def test_every_report_has_its_section_and_every_reason_its_row() -> None:
    wire = page("wire.md")
    for report in [*get_args(topics.Up), *get_args(topics.Down)]:
        assert f"\n## {report}\n" in wire
    rows = re.findall(r"^\| `(\w+)` \|", wire.partition("## Who says")[0], re.MULTILINE)
    assert rows == list(get_args(rejection.Reason))


def test_every_dependency_says_why_and_none_is_explained_that_is_gone() -> None:
    project = PROJECT["project"]
    more = [*project["optional-dependencies"].values(), *PROJECT["dependency-groups"].values()]
    lines = [*project["dependencies"], *chain.from_iterable(more)]
    names = {Requirement(line).name for line in lines} - {"tillwatch"}
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", page("dependencies.md"), re.MULTILINE)
    assert {row.strip() for row in rows} - {"package", "---"} == names


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Any) -> None:
    broken = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert broken == []


def test_every_decision_is_listed_and_says_why_what_and_then() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    index = page("adr/README.md")
    for number, decision in enumerate(decisions, 1):
        text = decision.read_text()
        assert decision.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. {re.findall(rf'^{number}. .(.+)]', index, re.MULTILINE)[0]}\n")
        for part in ("**Why the question.**", "**Decision.**", "**What follows.**"):
            assert part in text


def test_no_word_has_two_meanings() -> None:
    words = re.findall(r"^\| ([^|]+) \|", page("glossary.md"), re.MULTILINE)
    assert len(words) == len(set(words))
    assert {"probe", "check", "record", "pulse", "epoch", "lease", "incident", "symptom", "silence"} <= set(words)


def test_the_docs_name_only_commands_that_run_has() -> None:
    listed = subprocess.run([ROOT / "run"], check=True, capture_output=True, text=True).stdout
    commands = set(re.findall(r"^  (\w+) ", listed, re.MULTILINE)) | {"bench"}
    named = {command for path in PAGES for command in re.findall(r"\./run (\w+)", path.read_text())}
    assert {"demo", "test", "lock"} <= named <= commands
