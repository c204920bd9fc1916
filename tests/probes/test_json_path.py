import pytest

from probes.json_path import NoSuchPlace, find, steps

DOCUMENT = {"a": [{"b c": 1}, [2, 3]], "0": "name"}


@pytest.mark.parametrize(("path", "value"), [("a[0].b c", 1), ("a[1][1]", 3), ("0", "name"), ("a[1]", [2, 3])])
def test_a_path_leads_through_names_and_positions(path: str, value: object) -> None:
    assert find(DOCUMENT, path) == value


@pytest.mark.parametrize("path", ["b", "a.b", "a[2]", "a[0][0]", "0.x", "a[0].b c.d"])
def test_a_path_that_leads_nowhere_says_where_it_stopped(path: str) -> None:
    with pytest.raises(NoSuchPlace, match="stopped before"):
        find(DOCUMENT, path)


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a.", "a[", "a[x]", "a]", "[-1]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="expected something like"):
        steps(path)
