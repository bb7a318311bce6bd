"""Errors in the shapes that servers send them in."""

import msgspec
import pytest

from antiphon.errors import ContextTooLong, UpstreamGarbage, UpstreamRefused
from antiphon.upstream.refusal import Complaint, Refusal, complaint_in, complaint_of, plain_text, quoted, status_of


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (
            {"error": {"message": "no", "type": "t", "param": "p", "code": "c"}},
            Complaint("no", "c", "p", "t"),
        ),
        ({"error": {"message": "no", "type": None, "param": None, "code": 400}}, Complaint("no", "400")),
        ({"error": {"message": {"a": 1}}}, Complaint('{"a":1}')),
        ({"error": "no"}, Complaint("no")),
        ({"error": "Bad", "message": "it was no good"}, Complaint("it was no good")),
        ({"detail": "no"}, Complaint("no")),
        ({"detail": {"error": {"message": "no", "code": "c"}}}, Complaint("no", "c")),
        (
            {
                "detail": [
                    {"loc": ["body", "messages", 0, "role"], "msg": "missing", "type": "m"},
                    {"loc": ["body", "n"], "msg": "bad"},
                ]
            },
            Complaint("messages.0.role: missing; n: bad", param="messages.0.role", kind="m"),
        ),
        ({"message": "no"}, Complaint("no")),
        (
            {"object": "error", "message": "no", "type": "BadRequestError", "param": None, "code": 404},
            Complaint("no", "404", None, "BadRequestError"),
        ),
        ([{"error": {"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED"}}], Complaint("no", "429")),
        ({"error_code": "BAD_REQUEST", "message": "no"}, Complaint("no", "BAD_REQUEST")),
        ({"errors": [{"message": "no"}, {"message": "never"}]}, Complaint("no")),
        ("no", Complaint("no")),
        ({}, Complaint()),
        ([], Complaint()),
        (None, Complaint()),
        (7, Complaint()),
    ],
)
def test_shapes(body: object, complaint: Complaint) -> None:
    assert complaint_of(body) == complaint
    assert complaint_in(msgspec.json.encode(body)) == complaint


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff", b"[" * 100_000, b"[" * 500 + b"]" * 500])
def test_what_isnt_json(body: bytes) -> None:
    assert complaint_in(body) == Complaint()


def test_all_of_it_is_passed_on() -> None:
    body = b'{"error":{"message":"slow down","type":"rate_limit","param":"p","code":"c"}}'
    fault = Refusal("up", 429, body, retry_after="7").fault()
    assert isinstance(fault, UpstreamRefused)
    assert (fault.http_status, fault.message, fault.code, fault.param, fault.kind) == (
        429,
        "slow down",
        "c",
        "p",
        "rate_limit",
    )
    assert dict(fault.headers) == {"retry-after": "7"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Upstream 'up' answered 502 and didn't say why."),
        (b"{}", "Upstream 'up' answered 502: {}"),
        (b"no\n  good", "Upstream 'up' answered 502: no good"),
        (
            b"<html><head><title>502 Bad\nGateway</title></head><body>nginx</body>",
            "Upstream 'up' answered 502: 502 Bad Gateway",
        ),
        (b"<h1>Oh &amp; no</h1><p>x</p>", "Upstream 'up' answered 502: Oh & no x"),
        (b'{"error": "cut off he', 'Upstream \'up\' answered 502: {"error": "cut off he'),
    ],
)
def test_our_words_where_it_has_none(body: bytes, message: str) -> None:
    assert Refusal("up", 502, body).fault().message == message


@pytest.mark.parametrize(("status", "said"), [(301, "a redirect to /v1"), (700, "status 700")])
def test_a_status_that_says_neither_yes_nor_no(status: int, said: str) -> None:
    fault = Refusal("up", status, b"", location="/v1" if status == 301 else None).fault()
    assert isinstance(fault, UpstreamGarbage)
    assert said in fault.message


@pytest.mark.parametrize(("code", "status"), [("429", 429), ("503", 503), ("200", 502), ("x", 502), (None, 502)])
def test_the_status_of_an_error_inside_a_stream(code: str | None, status: int) -> None:
    assert status_of(Complaint("no", code)) == status


def test_long_texts_are_cut() -> None:
    assert plain_text(b"x" * 500) == "x" * 200 + "…"
    assert quoted("é".encode() * 500) == "é" * 200 + "…"
    assert quoted(b"\xff") == "\ufffd"


@pytest.mark.parametrize("code", [400, 413, 422, 500])
def test_what_was_too_long_is_the_clients_fault_whatever_its_status(code: int) -> None:
    body = msgspec.json.encode(
        {"error": {"message": "request (9 tokens) exceeds the available context size (8 tokens)"}}
    )
    fault = Refusal("up", code, body).fault()
    assert isinstance(fault, ContextTooLong)
    assert (fault.http_status, fault.tokens, fault.window) == (400, 9, 8)
