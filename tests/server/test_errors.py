"""Errors as HTTP answers."""

import json
import logging

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from antiphon.errors import (
    AntiphonError,
    CassetteMiss,
    InvalidRequest,
    NotFound,
    StoreFault,
    TooLarge,
    UpstreamRefused,
    UpstreamUnavailable,
)
from antiphon.server.errors import error_response, on_antiphon_error, on_fault, on_http_exception

REQUEST = Request({"type": "http", "method": "PUT", "path": "/v1/responses", "headers": [], "server": ("h", 1)})


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"),
    [
        (InvalidRequest("m", param="p"), 400, "invalid_request_error", None),
        (NotFound("m"), 404, "invalid_request_error", "not_found"),
        (TooLarge("m"), 413, "invalid_request_error", "request_too_large"),
        (CassetteMiss("m"), 404, "invalid_request_error", "cassette_miss"),
        (StoreFault("m"), 503, "server_error", "storage_unavailable"),
        (UpstreamUnavailable("m"), 502, "upstream_error", "upstream_unavailable"),
        (UpstreamRefused("m", upstream_status=418, kind="teapot", code="c"), 418, "teapot", "c"),
        (UpstreamRefused("m", upstream_status=418), 418, "upstream_error", None),
        (AntiphonError("m"), 500, "server_error", None),
    ],
)
def test_an_error_is_an_answer(error: AntiphonError, status: int, kind: str, code: str | None) -> None:
    answer = error_response(error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body)) == {
        "error": {"message": "m", "type": kind, "param": error.param, "code": code}
    }


def test_what_the_upstream_wants_waited_is_a_header() -> None:
    assert error_response(UpstreamRefused("m", upstream_status=429, retry_after="7")).headers["retry-after"] == "7"


async def test_a_fault_of_the_program_is_told_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="antiphon"):
        answer = await on_fault(REQUEST, ZeroDivisionError("secret"))
    assert answer.status_code == 500
    assert b"secret" not in bytes(answer.body)
    assert "PUT /v1/responses failed" in caplog.text
    assert "secret" in caplog.text


async def test_what_the_router_raises() -> None:
    assert (await on_http_exception(REQUEST, HTTPException(405))).status_code == 405
    assert (await on_http_exception(REQUEST, HTTPException(404))).status_code == 404


async def test_errors_of_others_are_not_ours() -> None:
    error = ZeroDivisionError()
    for hook in (on_antiphon_error, on_http_exception):
        with pytest.raises(ZeroDivisionError):
            await hook(REQUEST, error)
