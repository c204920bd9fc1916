"""What all dashboards share: the variables at their top, the way from one to the next, and their text as JSON."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as shapes

from noc.dashboards.panels import SOURCE, PanelBuilder

TAG = "tillwatch"


class Section(NamedTuple):
    title: str
    panels: Sequence[PanelBuilder]


class Page(NamedTuple):
    """`uid` is part of addresses that people keep: it never changes."""

    uid: str
    title: str
    description: str
    since: str
    variables: Sequence[dashboard.QueryVariable]
    sections: Sequence[Section]


def choice(name: str, label: str, metric: str, of_label: str) -> dashboard.QueryVariable:
    """One value of a label, as the metric has it now."""
    query = f"label_values({metric}, {of_label})"
    asked: dict[str, object] = {"query": query, "refId": f"variable-{name}"}
    variable = dashboard.QueryVariable(name).label(label).datasource(SOURCE).query(asked).definition(query)
    return variable.refresh(shapes.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(
        shapes.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC
    )


def choices(name: str, label: str, metric: str, of_label: str) -> dashboard.QueryVariable:
    """Several of them; all unless the reader says otherwise, and also those that come later."""
    everything = shapes.VariableOption(selected=True, text="All", value="$__all")
    return choice(name, label, metric, of_label).multi(True).include_all(True).all_value(".*").current(everything)


def text(page: Page) -> str:
    """The dashboard's JSON, the same for the same code."""
    return JSONEncoder(indent=1, sort_keys=True, ensure_ascii=False).encode(_built(page)) + "\n"


def _built(page: Page) -> shapes.Dashboard:
    built = dashboard.Dashboard(page.title).uid(page.uid).description(page.description).tags([TAG]).readonly()
    built = built.time(page.since, "now").refresh("30s").timezone("browser")
    built = built.tooltip(shapes.DashboardCursorSync.CROSSHAIR)
    others = dashboard.DashboardLink("Tillwatch").type(shapes.DashboardLinkType.DASHBOARDS).tags([TAG])
    built = built.link(others.keep_time(True).include_vars(True))
    built = built.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    for variable in page.variables:
        built = built.with_variable(variable)
    for section in page.sections:
        built = built.with_row(dashboard.Row(section.title))
        for panel in section.panels:
            built = built.with_panel(panel)
    return _numbered(built.build())


def _numbered(built: shapes.Dashboard) -> shapes.Dashboard:
    """Ids in the order of the page: a link to one panel needs them."""
    for number, panel in enumerate(built.panels or [], 1):
        panel.id_val = number
    return built


def expressions(document: str) -> list[str]:
    """Every PromQL of a dashboard's JSON, its variables' metrics among them."""
    known = json.loads(document)
    asked = [target["expr"] for panel in known["panels"] for target in panel.get("targets", [])]
    asked += [one["definition"] for one in known["templating"]["list"] if one["type"] == "query"]
    return asked
