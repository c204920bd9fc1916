"""The exposition format's pieces, read back by Prometheus's own parser."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.metrics.lines import Metric, samples

METRIC = Metric("tillwatch_x", "gauge", 'A "help" with \\ and\na line.', ("name", "other"))


@pytest.mark.parametrize(
    "hostile", ['quo"te', "back\\slash", "new\nline", "{}", "ünï", '"} 1\ntillwatch_fake 2\n', "%s %d", ""]
)
def test_a_label_is_only_a_label_whatever_is_in_it(hostile: str) -> None:
    """A CMDB name can neither end the quote nor make up a series."""
    [family] = text_string_to_metric_families(samples(METRIC, {(hostile, "b"): 1.5}))
    assert [(one.name, one.labels, one.value) for one in family.samples] == [
        ("tillwatch_x", {"name": hostile, "other": "b"}, 1.5)
    ]


def test_instants_keep_their_milliseconds() -> None:
    [family] = text_string_to_metric_families(samples(METRIC, {("a", "b"): 1_800_000_000.125}))
    assert family.samples[0].value == 1_800_000_000.125


def test_a_metric_without_samples_is_still_described() -> None:
    assert [family.name for family in text_string_to_metric_families(samples(METRIC, {}))] == ["tillwatch_x"]
