"""Makes the document: paths from the routes, schemas from the structs, errors from the tree.

Pure. Not here: what an operation takes (`operations.py`). Source: OpenAPI 3.1.0.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.routing import BaseRoute, Route

from antiphon import __version__
from antiphon.server.openapi.operations import EVENTS, FORM, JSON, OBJECT, OPERATIONS, Operation, Schema
from antiphon.wire.errors import ErrorBody

REF = "#/components/schemas/{name}"
_CONVERTOR = re.compile(r"\{(\w+)(:\w+)?\}")
ERRORS: Mapping[str, str] = {
    "4XX": "The request is wrong; the message says where and how to mend it.",
    "5XX": "The upstream, a tool, the store or the server is at fault; the code says which.",
}


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """The whole document, for these routes."""
    operations = {name: _operation(name) for name in _names(routes)}
    structs = dict.fromkeys(
        kind for one in operations.values() for kind in (one.answer, one.body) if isinstance(kind, type)
    )
    _, components = msgspec.json.schema_components([*structs, ErrorBody], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for name, one in operations.items():
        method, path = name.split(" ", 1)
        paths.setdefault(path, {})[method.lower()] = _described(name, one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Antiphon",
            "version": __version__,
            "description": "The Responses and Conversations API in front of any chat-completions model.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
    }


def _names(routes: Iterable[BaseRoute]) -> Iterable[str]:
    """`METHOD /path` of each operation, with plain parameters."""
    for route in routes:
        if isinstance(route, Route) and route.include_in_schema:
            plain = _CONVERTOR.sub(r"{\1}", route.path)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield f"{method} {plain}"


def _operation(name: str) -> Operation:
    return OPERATIONS.get(name) or Operation(name, body=OBJECT if name.startswith("POST") else None, optional=True)


def _described(name: str, one: Operation) -> dict[str, Any]:
    path = name.split(" ", 1)[1]
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", name.lower()).strip("_"),
        "summary": one.summary,
        "tags": [next((word for word in path.split("/") if word not in {"", "v1"}), "server")],
        "parameters": [*_in_path(path), *_in_query(one)],
        "responses": {"200": _answer(one), **{status: _error(about) for status, about in ERRORS.items()}},
    }
    if body := _body(one):
        found["requestBody"] = body
    return found


def _in_path(path: str) -> list[dict[str, Any]]:
    # Of whatever a client makes up, a slash would make another path of it.
    schema = {"type": "string", "minLength": 1, "pattern": r"^[^/]+$"}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name, _ in _CONVERTOR.findall(path)]


def _in_query(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "in": "query", "required": False, "description": each.about, "schema": each.schema}
        for each in one.query
    ]


def _body(one: Operation) -> dict[str, Any] | None:
    if one.form is not None:
        return {"required": True, "content": {FORM: {"schema": one.form}}}
    if one.body is None:
        return None
    return {"required": not one.optional, "content": {JSON: {"schema": _schema(one.body)}}}


def _answer(one: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if one.answer is not None:
        content[one.media] = {"schema": _schema(one.answer)}
    if one.streams:
        content[EVENTS] = {"schema": {}}
    return {"description": one.summary, "content": content}


def _error(about: str) -> dict[str, Any]:
    return {"description": about, "content": {JSON: {"schema": _schema(ErrorBody)}}}


def _schema(kind: type | Schema) -> Schema:
    return {"$ref": REF.format(name=kind.__name__)} if isinstance(kind, type) else kind
