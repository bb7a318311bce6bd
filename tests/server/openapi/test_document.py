"""The document says of every route what it takes and gives."""

from typing import Any

import jsonschema_rs
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.config import Config, Environment
from antiphon.server.app import all_routes
from antiphon.server.openapi.document import document
from antiphon.server.openapi.operations import OPERATIONS
from antiphon.server.rights import names_of
from antiphon.server.services import open_services


async def nothing(_: Request) -> Response:
    return Response()


@pytest.fixture
async def whole() -> dict[str, Any]:
    config = Config(upstream=["u=http://127.0.0.1:9"], db="memory://", console=False)
    async with open_services(config, Environment(variables={})) as services:
        routes = all_routes(services)
        made = document(routes)
        made["routes"] = [
            name for route in routes if isinstance(route, Route) and route.include_in_schema for name in names_of(route)
        ]
    return made


def test_every_route_is_in_it_with_its_parameters_and_errors(whole: dict[str, Any]) -> None:
    for name in whole["routes"]:
        method, path = name.replace(":path", "").split(" ")
        told = whole["paths"][path][method.lower()]
        assert path.count("{") == len([each for each in told["parameters"] if each["in"] == "path"])
        assert {"200", "4XX", "5XX"} == told["responses"].keys()


def test_what_is_said_of_a_route_is_of_one_that_there_is(whole: dict[str, Any]) -> None:
    there = {name.replace(":path", "") for name in whole["routes"]}
    later = {"POST /v1/responses/{id}/cancel"}
    assert OPERATIONS.keys() - there <= later


def test_names_are_unique_and_references_lead_somewhere(whole: dict[str, Any]) -> None:
    names = [one["operationId"] for methods in whole["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))
    for schema in whole["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid(schema)
    assert references(whole["paths"]) | references(whole["components"]) <= whole["components"]["schemas"].keys()


def references(value: Any) -> set[str]:
    """The names of all schemas that are referred to."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(references, value.values()))


def test_a_route_that_nobody_described_is_there_all_the_same() -> None:
    made = document([Route("/v1/new/{id:path}", nothing, methods=["POST"])])
    told = made["paths"]["/v1/new/{id}"]["post"]
    assert told["parameters"][0]["name"] == "id"
    assert told["requestBody"]["required"] is False
