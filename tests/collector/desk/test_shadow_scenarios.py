from pathlib import Path

import pytest

from tests.collector.desk import shadow_story

FILES = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_desk_is_sent_is_as_the_scenario_says(path: Path) -> None:
    assert list(shadow_story.differences(path)) == []
