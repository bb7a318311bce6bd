"""Requests as bytes."""

from typing import Any

import pytest

from antiphon.errors import InvalidRequest
from antiphon.network.message import address_of, head_of, origin_of
from antiphon.transport import HttpRequest


def head(url: str, method: str = "POST", body: bytes = b"{}", headers: Any = None) -> list[str]:
    return head_of(HttpRequest(method, url, "up", headers or {}, body)).decode().split("\r\n")


def test_the_lines_of_a_head() -> None:
    first, *lines, blank, end = head("http://api.test/v1/chat?q=%20a", headers={"x-a": "b"})
    assert first == "POST /v1/chat?q=%20a HTTP/1.1"
    assert sorted(lines) == [
        "accept-encoding: identity",
        "accept: */*",
        "content-length: 2",
        "host: api.test",
        "x-a: b",
    ]
    assert (blank, end) == ("", "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://api.test:80/", "api.test"),
        ("http://api.test:8000", "api.test:8000"),
        ("https://api.test:443/", "api.test"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("http://bücher.test/", "xn--bcher-kva.test"),
        ("http://API.test/", "api.test"),
    ],
)
def test_the_host(url: str, said: str) -> None:
    assert f"host: {said}" in head(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [("http://a", "/"), ("http://a?x=1", "/?x=1"), ("http://a/b c/ü", "/b%20c/%C3%BC"), ("http://a/b#part", "/b")],
)
def test_the_target(url: str, target: str) -> None:
    assert head(url)[0] == f"POST {target} HTTP/1.1"


def test_a_user_in_the_address_is_its_authorization_unless_one_is_given() -> None:
    assert "authorization: Basic dXNlcjpwQHNz" in head("http://user:p%40ss@a/")
    given = head("http://user:pass@a/", headers={"authorization": "Bearer t"})
    assert [line for line in given if line.startswith("authorization")] == ["authorization: Bearer t"]


@pytest.mark.parametrize(("method", "body", "length"), [("GET", b"", None), ("POST", b"", "0"), ("DELETE", b"x", "1")])
def test_the_length(method: str, body: bytes, length: str | None) -> None:
    told = [line.partition(": ")[2] for line in head("http://a/", method, body) if line.startswith("content-length")]
    assert told == ([length] if length else [])


@pytest.mark.parametrize("headers", [{"x-a": "b\r\nx-evil: 1"}, {"x-a": "b\n"}, {"x a": "b"}, {"": "b"}, {"x-a": "\0"}])
def test_a_header_that_would_break_out_of_its_line(headers: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="HTTP doesn't allow"):
        head("http://a/", headers=headers)


@pytest.mark.parametrize("url", ["ftp://a/", "http:///x", "//a/", "http://a:x/", "http://[::1/"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidRequest, match="address"):
        address_of(url)


def test_the_origin_keeps_upstreams_apart() -> None:
    one, other = (origin_of(HttpRequest("GET", "https://a/x", name)) for name in ("one", "other"))
    assert one != other
    assert (one.scheme, one.host, one.port) == ("https", "a", 443)
