"""What is said of a server that failed; how each failure comes about is shown in `test_mcp_session.py`."""

import httpx2
import pytest
from mcp import MCPError
from mcp_types import CONNECTION_CLOSED

from antiphon.errors import (
    CassetteMiss,
    McpFailed,
    StoreFault,
    UpstreamCut,
    UpstreamGarbage,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_faults import was_closed, why
from antiphon.tools.mcp_http import Exchange

WHERE = Endpoint("shop", "http://shop.example/mcp?key=secret-1234", {})
CLOSED = MCPError(CONNECTION_CLOSED, "Connection closed")


def failed(exchange: Exchange, error: Exception = CLOSED) -> McpFailed:
    fault = why(WHERE, exchange, error, 3.0)
    assert isinstance(fault, McpFailed)
    assert fault.message.startswith("The MCP server 'shop' at http://shop.example/mcp ") or fault.number == -32099
    return fault


@pytest.mark.parametrize("fault", [CassetteMiss("not on tape"), StoreFault("disk full")])
def test_what_isnt_the_servers_fault_is_raised_as_it_is(fault: CassetteMiss | StoreFault) -> None:
    assert why(WHERE, Exchange(fault=fault), CLOSED, 3.0) is fault


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (UpstreamUnavailable("x"), "can't be reached. Check that it runs"),
        (UpstreamTimeout("x"), "fell silent"),
        (UpstreamCut("x"), "in the middle of its answer"),
        (UpstreamGarbage("x"), "doesn't answer in HTTP"),
    ],
)
def test_a_server_without_an_answer_is_a_failed_dependency(fault: UpstreamUnavailable, words: str) -> None:
    said = failed(Exchange(fault=fault))
    assert (said.kind, said.number) == ("http_error", 424)
    assert words in said.message


def test_the_systems_reason_is_told() -> None:
    fault = UpstreamUnavailable("x")
    fault.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert "can't be reached: Connection refused." in failed(Exchange(fault=fault)).message


def test_a_timeout_counts_before_what_became_of_the_cancellation() -> None:
    said = failed(Exchange(fault=UpstreamCut("x")), TimeoutError())
    assert (said.kind, said.number) == ("mcp_protocol_error", -32001)
    assert "took longer than 3 s" in said.message


def test_the_servers_own_words_count_before_its_status() -> None:
    said = failed(Exchange(status=400, told=True), MCPError(-32099, "closed on Sundays"))
    assert (said.kind, said.number, said.message) == ("mcp_protocol_error", -32099, "closed on Sundays")


def test_whatever_else_the_sdk_raises_is_named() -> None:
    assert "doesn't speak MCP as this server does (InvalidURL)" in failed(Exchange(), httpx2.InvalidURL("x")).message


def test_a_number_that_servers_use_for_errors_of_their_own_is_no_closed_connection() -> None:
    said = why(WHERE, Exchange(), MCPError(CONNECTION_CLOSED, "The till is empty."), 3.0)
    assert isinstance(said, McpFailed)
    assert (said.number, said.message) == (CONNECTION_CLOSED, "The till is empty.")
    assert was_closed(CLOSED)
    assert not was_closed(MCPError(CONNECTION_CLOSED, "The till is empty."))
    assert not was_closed(ValueError("Connection closed"))


def test_what_the_sdk_says_of_its_types_isnt_told() -> None:
    error = MCPError(-32700, "Failed to parse JSON response: 4 validation errors for JSONRPCMessage")
    assert failed(Exchange(), error).message.endswith("isn't a message of JSON-RPC.")


def test_an_answer_that_never_ended() -> None:
    assert "ended its answer before it was complete" in failed(Exchange()).message
