"""The few kinds of panel that we draw, each from a Prometheus that the reader chooses.

Colours are Grafana's own names, and each state is a word or a number too.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as shapes
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = looks.DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24  # columns of Grafana's grid

PanelBuilder = Builder[shapes.Panel]
Drawn = TypeVar("Drawn", stat.Panel, table.Panel, timeseries.Panel, statetimeline.Panel)


class Query(NamedTuple):
    """PromQL; `legend` names a line, or in a table the column with the value; `unit` is that column's own."""

    expr: str
    legend: str = ""
    unit: str = ""


class Frame(NamedTuple):
    """What every panel says about itself, and how much room it takes."""

    title: str
    description: str
    unit: str
    width: int = 12
    height: int = 8


class Step(NamedTuple):
    """From `at` on in this colour; the first one has no lower end."""

    at: float | None
    color: str


CALM = (Step(None, "blue"),)
NONE_IS_GOOD = (Step(None, "green"), Step(1, "red"))
FEW_ARE_FINE = (Step(None, "green"), Step(1, "orange"))
SHARE_IS_GOOD = (Step(None, "red"), Step(0.5, "orange"), Step(1, "green"))
STATUS = {0: ("ok", "green"), 1: ("warning", "yellow"), 2: ("critical", "red"), 3: ("unknown", "purple")}


def numbers(frame: Frame, queries: Sequence[Query], steps: Sequence[Step] = CALM) -> PanelBuilder:
    """The latest value of each series, large."""
    reduced = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    panel = stat.Panel().reduce_options(reduced).color_mode(looks.BigValueColorMode.VALUE)
    panel = panel.text_mode(looks.BigValueTextMode.VALUE_AND_NAME).graph_mode(looks.BigValueGraphMode.NONE)
    return _framed(panel.thresholds(_thresholds(steps)), frame, [_instant(query) for query in queries])


def rows(frame: Frame, queries: Sequence[Query], columns: dict[str, str], steps: Sequence[Step] = CALM) -> table.Panel:
    """A table: `columns` are labels with their headings, then a value for each query, under its legend."""
    values = {_value(at, len(queries)): query for at, query in enumerate(queries)}
    headings = columns | {name: query.legend for name, query in values.items()}
    order = {name: at for at, name in enumerate(headings)}
    panel = table.Panel().thresholds(_thresholds(steps))
    if len(queries) > 1:
        panel = panel.with_transformation(shapes.DataTransformerConfig("merge", options={}))
    organized = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": headings}
    panel = panel.with_transformation(shapes.DataTransformerConfig("organize", options=organized))
    for query in queries:
        colored = [_property("custom.cellOptions", {"type": "color-text"})]
        units = [_property("unit", query.unit)] if query.unit else []
        panel = panel.override_by_name(query.legend, [*units, *colored])
    return _framed(panel, frame, [_instant(query).format(PromQueryFormat.TABLE) for query in queries])


def statuses(frame: Frame, query: Query, columns: dict[str, str]) -> table.Panel:
    """A table whose value is a check's status, in words."""
    return rows(frame, [query], columns).override_by_name(query.legend, [_property("mappings", [_status_words()])])


def linked(panel: table.Panel, heading: str, title: str, url: str) -> table.Panel:
    """The same table, with an address behind the values under `heading`."""
    return panel.override_by_name(heading, [_property("links", [{"title": title, "url": url}])])


def curves(frame: Frame, queries: Sequence[Query], steps: Sequence[Step] = CALM) -> PanelBuilder:
    """Over the time that the reader chose."""
    legend = common.VizLegendOptions().display_mode(looks.LegendDisplayMode.LIST)
    legend = legend.placement(looks.LegendPlacement.BOTTOM).show_legend(True)
    tooltip = common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)
    panel = timeseries.Panel().legend(legend).tooltip(tooltip).fill_opacity(10).min(0)
    return _framed(panel.thresholds(_thresholds(steps)), frame, [_range(query) for query in queries])


def bands(frame: Frame, queries: Sequence[Query]) -> PanelBuilder:
    """A line of coloured time for each series: a check's status."""
    panel = statetimeline.Panel().mappings([_status_words()]).show_value(looks.VisibilityMode.NEVER)
    return _framed(panel.thresholds(_thresholds(CALM)), frame, [_range(query) for query in queries])


def _framed(panel: Drawn, frame: Frame, queries: Sequence[prometheus.Dataquery]) -> Drawn:
    panel = panel.title(frame.title).description(frame.description).unit(frame.unit).datasource(SOURCE)
    panel = panel.span(frame.width).height(frame.height)
    for at, query in enumerate(queries):
        panel = panel.with_target(query.ref_id(_letter(at)))
    return panel


def _instant(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(SOURCE).expr(query.expr).legend_format(query.legend).instant()


def _range(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(SOURCE).expr(query.expr).legend_format(query.legend).range()


def _status_words() -> shapes.ValueMap:
    return shapes.ValueMap(
        options={
            str(value): shapes.ValueMappingResult(text=word, color=color, index=value)
            for value, (word, color) in STATUS.items()
        }
    )


def _thresholds(steps: Sequence[Step]) -> dashboard.ThresholdsConfig:
    known = [shapes.Threshold(step.at, step.color) for step in steps]
    return dashboard.ThresholdsConfig().mode(shapes.ThresholdsMode.ABSOLUTE).steps(known)


def _property(name: str, value: Any) -> shapes.DynamicConfigValue:
    return shapes.DynamicConfigValue(name, value)


def _value(at: int, count: int) -> str:
    """What Grafana calls the value of a query in a table."""
    return "Value" if count == 1 else f"Value #{_letter(at)}"


def _letter(at: int) -> str:
    return chr(ord("A") + at)
