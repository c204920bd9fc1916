"""The API's own description, and docs/http.md, held to the routes."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from collector.http.openapi import described
from collector.http.routes import ROUTES
from tests.collector.http.chain import incident
from tests.collector.http.conftest import Face

DOCS = Path(__file__).parents[3] / "docs" / "http.md"
PLAIN = {route.path: route.path.replace(":[a-z0-9-]+(?:/[a-z0-9-]+)?", "") for route in ROUTES}


def test_the_document_is_openapi_3_1(face: Face) -> None:
    validate(face.get("/api/v1/openapi.json").json, cls=OpenAPIV31SpecValidator)


def test_every_route_is_in_the_document() -> None:
    paths = described(ROUTES, "1")["paths"]
    assert {(PLAIN[route.path], route.method.lower()) for route in ROUTES} == {
        (path, method) for path, operations in paths.items() for method in operations
    }


@pytest.mark.parametrize(
    ("path", "documented"),
    [
        ("/api/v1/overview", "/api/v1/overview"),
        ("/api/v1/incidents", "/api/v1/incidents"),
        (f"/api/v1/incidents/{incident(4).id}", "/api/v1/incidents/{id}"),
        ("/api/v1/stores", "/api/v1/stores"),
        ("/api/v1/stores/0042", "/api/v1/stores/{id}"),
        ("/api/v1/cis/0042/pos-01", "/api/v1/cis/{ref}"),
        ("/api/v1/cis/0042/sw-01/blast-radius", "/api/v1/cis/{ref}/blast-radius"),
        ("/api/v1/why?subject=0042/pos-01", "/api/v1/why"),
        ("/api/v1/dead-letters", "/api/v1/dead-letters"),
        ("/api/v1/coverage", "/api/v1/coverage"),
        ("/api/v1/ledger", "/api/v1/ledger"),
        ("/api/v1/reports/shadow", "/api/v1/reports/shadow"),
        ("/api/v1/reports/shadow/comparison?desk=desk&day=2027-01-15", "/api/v1/reports/shadow/comparison"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
        ("/sd", "/sd"),
    ],
)
def test_answers_are_what_the_document_says(face: Face, path: str, documented: str) -> None:
    """Every documented field is there, and none that is not documented."""
    document = face.get("/api/v1/openapi.json").json
    content = document["paths"][documented]["get"]["responses"]["200"]["content"]
    schema = content["application/json"]["schema"] | {"components": _closed(document["components"])}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(face.get(path).json)]
    assert errors == []


def test_the_docs_name_every_route_and_every_parameter() -> None:
    text = DOCS.read_text()
    missing = [
        f"{route.method} {PLAIN[route.path]}" for route in ROUTES if f"{route.method} {PLAIN[route.path]}" not in text
    ]
    names = {name for route in ROUTES for name in (*route.query.__struct_fields__, *_fields(route.body))}
    assert missing == []
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def _fields(body: Any) -> tuple[str, ...]:
    return () if body is None else tuple(body.__struct_fields__)


def _closed(components: dict[str, Any]) -> dict[str, Any]:
    """With unknown fields forbidden, and every field required."""
    schemas = {
        name: schema | {"additionalProperties": False, "required": list(schema["properties"])}
        for name, schema in components["schemas"].items()
        if "properties" in schema
    }
    return {"schemas": components["schemas"] | schemas}
