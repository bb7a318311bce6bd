"""The application as a whole: what isn't there, what isn't allowed, and what no error reveals."""

import socket

import pytest
from running_server import Scene, running_server

from antiphon.testing import text


@pytest.mark.parametrize("path", ["/nothing", "/responses/a/b", "/responses/a/b/c"])
def test_no_such_path(scene: Scene, path: str) -> None:
    answer = scene.server.get(path)
    assert (answer.status, answer.error["code"]) == (404, "unknown_url")
    assert "begin with /v1" in answer.error["message"]


def test_a_base_url_without_v1_is_told_so(scene: Scene) -> None:
    host, port = scene.server.address
    answer = scene.server.http.post(f"http://{host}:{port}/responses", json={})
    assert answer.status_code == 404
    assert "/v1" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("PUT", "/responses"), ("POST", "/models"), ("PATCH", "/responses/x")])
def test_no_such_method(scene: Scene, method: str, path: str) -> None:
    answer = scene.server.http.request(method, path)
    assert answer.status_code == 405
    assert method in answer.json()["error"]["message"]


def test_bytes_that_are_no_http_hurt_nobody() -> None:
    with running_server(complaints=".*Invalid HTTP request.*") as server:
        with socket.create_connection(server.address) as raw:
            raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            assert raw.recv(1000).startswith(b"HTTP/1.1 400")
        assert server.get("/health").status == 200


def test_a_client_that_leaves_in_its_own_request_hurts_nobody(scene: Scene) -> None:
    with socket.create_connection(scene.server.address) as raw:
        raw.sendall(
            b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 1000\r\n\r\n{"model":'
        )
    scene.play(text("Hello!"))
    assert scene.stream().text == "Hello!"


def test_requests_one_after_another_share_a_connection(scene: Scene) -> None:
    request = b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(scene.server.address) as raw, raw.makefile("rb") as answers:
        for _ in range(3):
            raw.sendall(request)
            head = list(iter(answers.readline, b"\r\n"))
            assert head[0] == b"HTTP/1.1 200 OK\r\n"
            assert answers.read(15) == b'{"status":"OK"}'
