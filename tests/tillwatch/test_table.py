"""Tables stay within their width and hostile text cannot leave its cell."""

from hypothesis import given
from hypothesis import strategies as st

from tillwatch.table import plain, table


def test_columns_line_up() -> None:
    assert table(("CI", "STATE"), [("pos-01", "ok"), ("a", "critical")], 80) == (
        "CI      STATE\npos-01  ok\na       critical"
    )


def test_the_widest_column_gives_first() -> None:
    lines = table(("ID", "TEXT"), [("1", "word " * 40)], 30).splitlines()
    assert lines[1].startswith("1   word word")
    assert lines[1].endswith("…")
    assert len(lines[1]) == 30


def test_control_characters_and_overrides_become_spaces() -> None:
    assert plain("a\x1b[31mred\nb\u202ec\x9bd") == "a [31mred b c d"


def test_a_long_text_is_cut_visibly() -> None:
    assert plain("x" * 500, 10) == "x" * 9 + "…"


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5), st.integers(min_value=30, max_value=200))
def test_no_row_is_wider_than_asked_or_breaks_its_line(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = table(("A", "B", "C"), rows, width).split("\n")
    assert len(lines) == len(rows) + 1
    assert all(len(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)
