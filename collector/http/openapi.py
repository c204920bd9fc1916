"""The API's own description, OpenAPI 3.1, made from the route table and the shapes: it cannot disagree with them."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from collector.http.call import Call, NoQuery, Route
from collector.http.shapes import Problem

REF = "#/components/schemas/{name}"
_IN_BRACES = re.compile(r"\{(\w+)(?::[^}]*(?:\{[^}]*\}[^}]*)*)?\}")
DOCUMENT: web.AppKey[bytes] = web.AppKey("openapi", bytes)


async def document(call: Call[NoQuery, None]) -> web.StreamResponse:
    return web.Response(body=call.request.app[DOCUMENT], content_type="application/json")


def described(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The document as plain data."""
    table = list(routes)
    kinds = [kind for route in table for kind in (route.answer, route.body) if _is_shape(kind)]
    _, components = msgspec.json.schema_components([*kinds, Problem], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(_IN_BRACES.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillwatch",
            "version": version,
            "description": "Incidents of a chain of stores, why they are, and what people do about them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of the users file"}
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}_{_IN_BRACES.sub(r'by_1', route.path)}".replace("/", "_").replace(
            ".", "_"
        ),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {
            str(route.status): {"description": route.summary, "content": _content(route.answer)},
            "default": {
                "description": "Refused",
                "content": {"application/problem+json": {"schema": _schema(Problem)}},
            },
        },
    }
    if route.role is not None:
        operation["security"] = [{"token": []}]
        operation["description"] = f"Takes the role {route.role}."
    if route.body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": _schema(route.body)}}}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_BRACES.findall(route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": msgspec.json.schema(field.type),
            "style": "form",
            "explode": False,
        }
        for field in msgspec.structs.fields(route.query)
    ]


def _content(answer: Any) -> dict[str, Any]:
    if isinstance(answer, str):
        return {answer.partition(";")[0]: {"schema": {"type": "object" if "json" in answer else "string"}}}
    return {"application/json": {"schema": _schema(answer)}}


def _schema(kind: Any) -> Any:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=REF)
    return schema


def _is_shape(kind: Any) -> bool:
    return kind is not None and not isinstance(kind, str)
