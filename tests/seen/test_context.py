from random import Random

import pytest

from antiphon.seen.context import HEADERS, REQUEST, Trace, trace_of_request

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_trace_of_a_request_is_handed_on_from_our_own_span() -> None:
    trace = Trace.of(f" 00-{TRACE}-{SPAN}-01 ", "vendor=x")
    assert trace is not None
    assert (trace.id.hex(), trace.parent.hex(), trace.sampled) == (TRACE, SPAN, True)
    sent = {"traceparent": f"00-{TRACE}-{'01' * 8}-01", "tracestate": "vendor=x"}
    assert trace.handed_on({"accept": "x"}, b"\x01" * 8) == {"accept": "x", **sent}


def test_one_that_nobody_keeps_says_so_further_on() -> None:
    trace = Trace.of(f"00-{TRACE}-{SPAN}-00")
    assert trace is not None
    assert trace.handed_on({}, b"\x01" * 8) == {"traceparent": f"00-{TRACE}-{'01' * 8}-00"}


def test_a_later_version_may_have_more() -> None:
    assert Trace.of(f"01-{TRACE}-{SPAN}-01-more") is not None


@pytest.mark.parametrize(
    "header",
    ["", "x", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{SPAN}-01", f"00-{TRACE.upper()}-{SPAN}-01"],
)  # fmt: skip
def test_what_is_none(header: str) -> None:
    assert Trace.of(header) is None


@pytest.mark.parametrize("asked", [None, {}, {HEADERS: {}}, {HEADERS: {b"traceparent": b"none"}}])
def test_where_none_is_named_one_begins_with_an_id_and_no_parent(asked: dict[str, object] | None) -> None:
    token = REQUEST.set(asked)
    try:
        trace = trace_of_request(Random(7))
    finally:
        REQUEST.reset(token)
    assert (trace.id, trace.parent, trace.sampled) == (Random(7).getrandbits(128).to_bytes(16), b"", True)
