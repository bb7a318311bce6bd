"""Errors as HTTP answers. Counterpart: `antiphon/errors.py`; inside an open stream the run says it with events."""

import logging

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from antiphon.errors import AntiphonError, MethodNotAllowed, NotFound
from antiphon.wire.errors import ErrorBody, ErrorDetail

log = logging.getLogger("antiphon")
JSON = "application/json"
HTTP_METHOD_NOT_ALLOWED = 405


def error_response(error: AntiphonError) -> Response:
    """The answer that an error is."""
    kind = getattr(error, "kind", None) or error.type
    body = ErrorBody(error=ErrorDetail(message=error.message, type=kind, param=error.param, code=error.code))
    return Response(
        msgspec.json.encode(body), status_code=error.http_status, headers=dict(error.headers), media_type=JSON
    )


async def on_antiphon_error(_: Request, error: Exception) -> Response:
    """Starlette's hook for our own errors."""
    if not isinstance(error, AntiphonError):
        raise error
    return error_response(error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's hook for what its router raises."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTP_METHOD_NOT_ALLOWED:
        return error_response(MethodNotAllowed(f"{request.url.path} doesn't take {request.method}."))
    return error_response(no_route(request.scope))


async def on_fault(request: Request, error: Exception) -> Response:
    """Starlette's hook for a fault of this program; the details go to the log and not to the client."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_response(
        AntiphonError("The server failed on this request. Its log has the details under the request id.")
    )


def no_route(scope: Scope) -> NotFound:
    """No such path; the commonest reason is a base URL without `/v1`."""
    return NotFound(
        f"There is no {scope['method']} {scope['path']} here. The API's paths begin with /v1.", code="unknown_url"
    )
