"""Why an MCP server failed, in words for whoever chose the server.

Not here: the item that carries them. Counterpart: `mcp_http.py`, which notes on the `Exchange` what the SDK hides.
"""

from http import HTTPStatus

import anyio
import httpx2
from mcp import MCPError
from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR, PARSE_ERROR, REQUEST_TIMEOUT
from pydantic import ValidationError

from antiphon.errors import AntiphonError, McpFailed, UpstreamCut, UpstreamFault, UpstreamTimeout, UpstreamUnavailable
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_http import Exchange

SDK_FAULTS = (
    MCPError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    OSError,  # A `TimeoutError` is one.
    RuntimeError,  # A revision of the protocol that the SDK doesn't know.
    ValueError,  # What isn't JSON, or has the wrong shape; a long stream that leads to another host.
)
"""What comes out of the SDK when a server misbehaves."""

_CLOSED, _UNREAD = "Connection closed", "Failed to parse"
"""Words of the SDK's own."""


def why(endpoint: Endpoint, exchange: Exchange, error: Exception, seconds: float) -> AntiphonError:
    """The error to raise. It isn't the server's where a recording lacks the answer or couldn't be written."""
    fault = exchange.fault
    if fault is not None and not isinstance(fault, UpstreamFault):
        return fault
    who = f"The MCP server '{endpoint.label}' at {endpoint.shown}"
    if exchange.too_large:
        return _protocol(f"{who} answered with more than is read of one answer. Ask it for less.")
    if isinstance(error, TimeoutError):
        return _protocol(f"{who} took longer than {seconds:g} s.", REQUEST_TIMEOUT)
    if fault is not None:
        # The API gives this status where it got none from the server.
        return _http(f"{who} {_unreached(fault)}", HTTPStatus.FAILED_DEPENDENCY)
    if exchange.status is not None and not exchange.told:
        return _http(f"{who} answered with status {_status(exchange.status)}", exchange.status)
    return _misspoken(endpoint, who, error)


def was_closed(error: Exception) -> bool:
    """Whether the SDK says that the connection is gone. Servers give the same number to errors of their own."""
    return isinstance(error, MCPError) and error.code == CONNECTION_CLOSED and error.message == _CLOSED


def _misspoken(endpoint: Endpoint, who: str, error: Exception) -> McpFailed:
    match error:
        case MCPError(code=code) if was_closed(error):
            return _protocol(f"{who} ended its answer before it was complete.", code)
        case MCPError(code=code) if code == PARSE_ERROR and error.message.startswith(_UNREAD):
            # The SDK's own words show what was sent, and where its types are explained.
            return _protocol(f"{who} answered with what isn't a message of JSON-RPC.", code)
        case MCPError():
            return _protocol(endpoint.blanked(error.message) or f"{who} refused and gave no reason.", error.code)
        case ValidationError():
            where = error.errors(include_input=False, include_url=False, include_context=False)[0]
            path = ".".join(map(str, where["loc"]))
            return _protocol(f"{who} sent what the protocol doesn't allow: {where['msg']} ({path}).")
        case _:
            return _protocol(f"{who} doesn't speak MCP as this server does ({type(error).__name__}).")


def _unreached(fault: UpstreamFault) -> str:
    match fault:
        case UpstreamUnavailable():
            reason = getattr(fault.__cause__, "strerror", None)
            return f"can't be reached{f': {reason}' if reason else ''}. Check that it runs, and its address."
        case UpstreamTimeout():
            return "fell silent before its answer was complete."
        case UpstreamCut():
            return "ended the connection in the middle of its answer. Its log should say why."
        case _:
            return "doesn't answer in HTTP. Check its address."


def _status(status: int) -> str:
    words = next((known.phrase for known in HTTPStatus if known == status), None)
    mend = " Check the authorization and the headers of the tool." if status in {401, 403} else ""
    return f"{status}{f' ({words})' if words else ''}.{mend}"


def _protocol(message: str, code: int = INTERNAL_ERROR) -> McpFailed:
    return McpFailed(message, kind="mcp_protocol_error", number=code)


def _http(message: str, status: int) -> McpFailed:
    return McpFailed(message, kind="http_error", number=int(status))
