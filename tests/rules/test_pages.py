"""The generated pages are as the code is now, and every label of a reason is in the table, once and used."""

from pathlib import Path

import pytest

from rules.reasons import LABELS
from tools.pages.all import PAGES
from tools.pages.rules import LAST, titles
from tools.pages.source import files_of_rules, given

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_as_the_code_is(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "write the pages anew: python -m tools.pages"


def test_every_label_that_is_given_says_what_it_means() -> None:
    lacking = {one.label: one for one in reversed(given()) if one.label not in LABELS}
    add = [
        f'add to rules/reasons.py: "{one.label}": "…",  (given in rules/{one.file}:{one.line})'
        for one in lacking.values()
    ]
    assert add == []


def test_every_label_in_the_table_is_given_somewhere() -> None:
    unused = LABELS.keys() - {one.label for one in given()}
    assert [f'take from rules/reasons.py: "{label}"' for label in sorted(unused)] == []


def test_labels_are_in_the_order_of_their_rules_and_end_with_those_of_none() -> None:
    numbers = [int(label.split()[0]) if label[0].isdigit() else LAST + 1 for label in LABELS]
    assert numbers == sorted(numbers)


def test_a_rule_that_is_told_of_is_in_the_code_and_back() -> None:
    files = files_of_rules()
    assert [number for number in titles() if not files.get(number)] == []
    assert [number for number in files if number > LAST] == []
