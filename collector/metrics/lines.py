"""The text exposition format of Prometheus, version 0.0.4: the few pieces of it that cached blocks are made of.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeVar

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


Row = TypeVar("Row", bound=tuple[str, ...])


class Metric(NamedTuple):
    """A metric's name, what it is, and its labels in the order in which they are written."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...] = ()


def head(metric: Metric) -> str:
    """The two lines that open a metric; all of its samples must follow before the next one's."""
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {text}\n# TYPE {metric.name} {metric.kind}\n"


def escaped(value: str) -> str:
    """A label's value: whatever a CMDB holds can neither end the quote nor start a line."""
    return value.translate(_ESCAPES)


def labels(names: Iterable[str], values: Iterable[str]) -> str:
    return ",".join(f'{name}="{escaped(value)}"' for name, value in zip(names, values, strict=True))


def samples(metric: Metric, values: Mapping[Row, float]) -> str:
    """The metric whole: its head and a line for each tuple of label values, in the order given."""
    return head(metric) + "".join(
        f"{metric.name}{{{labels(metric.labels, row)}}} {value:.15g}\n" for row, value in values.items()
    )
