"""What stands before the routes: request ids, and the guard of an open server against web pages."""

from collections.abc import Iterator

import httpx2
import pytest
from running_server import RunningServer, Scene, running_server

from antiphon.server.front import is_loopback
from antiphon.testing import ScriptedUpstream, text

ALLOWED = "https://notes.example"
FOREIGN = "https://evil.example"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "antiphon.localhost"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "10.0.0.1",
        "::",
        "::2",
        "127.0.0.1x",
        "example.com",
        "localhost.example.com",
        "127.0.0.1.nip.io",
        "127.evil.example",
    ],
)
def test_another_machine(host: str) -> None:
    assert not is_loopback(host)


def ask(server: RunningServer, headers: dict[str, str]) -> httpx2.Response:
    return server.http.post("/responses", json={"model": "scripted/m", "input": "?"}, headers=headers)


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "localhost"])
def test_a_loopback_host_is_served(scene: Scene, host: str) -> None:
    scene.play(text("Hello!"))
    _, port = scene.server.address
    assert ask(scene.server, {"host": host.format(port=port)}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8321", "127.0.0.1.nip.io", "192.168.1.7:8321"])
@pytest.mark.parametrize("path", ["/responses", "/models", "/health", "/chat/completions"])
def test_another_host_is_refused(scene: Scene, host: str, path: str) -> None:
    """A name that a web page rebinds to this machine is still a foreign name."""
    answer = scene.server.http.get(path, headers={"host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden_host")
    assert "http://127.0.0.1" in answer.json()["error"]["message"]
    assert scene.calls == []


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:1", "http://127.0.0.1"])
def test_a_foreign_page_is_refused(scene: Scene, origin: str) -> None:
    answer = ask(scene.server, {"origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden_origin")
    assert f"--cors {origin}" in answer.json()["error"]["message"]
    assert "access-control-allow-origin" not in answer.headers
    assert scene.calls == []


def test_a_page_of_this_server_is_no_foreign_page(scene: Scene) -> None:
    scene.play(text("Hello!"))
    host, port = scene.server.address
    assert ask(scene.server, {"origin": f"http://{host}:{port}"}).status_code == 200


@pytest.mark.parametrize("path", ["/responses", "/chat/completions", "/completions", "/embeddings"])
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_that_a_page_may_send_unasked_is_refused(scene: Scene, path: str, kind: str) -> None:
    answer = scene.server.post({"model": "scripted/m", "input": "?"}, path, headers={"content-type": kind})
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.error["message"]
    assert scene.calls == []


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_is_taken(scene: Scene, kind: str) -> None:
    scene.play(text("Hello!"))
    assert scene.answer({"content-type": kind}).status == 200


def test_a_preflight_of_a_foreign_page_is_refused(scene: Scene) -> None:
    headers = {"origin": FOREIGN, "access-control-request-method": "POST"}
    answer = scene.server.http.options("/responses", headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.fixture(scope="module")
def open_to_a_page() -> Iterator[RunningServer]:
    with (
        ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", "--cors", ALLOWED) as server,
    ):
        yield server


def test_an_allowed_page_may_ask_and_read(open_to_a_page: RunningServer) -> None:
    preflight = open_to_a_page.http.options(
        "/responses",
        headers={
            "origin": ALLOWED,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type,x-stainless-os",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ALLOWED
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "x-stainless-os" in preflight.headers["access-control-allow-headers"]
    for stream in (False, True):
        body = {"model": "scripted/m", "input": "?", "stream": stream, "truncation": "auto"}
        answer = open_to_a_page.http.post("/responses", json=body, headers={"origin": ALLOWED})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ALLOWED
        exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert {"x-request-id", "antiphon-ignored", "antiphon-replay", "x-ratelimit-remaining-tokens"} <= exposed


def test_an_allowed_page_may_read_errors(open_to_a_page: RunningServer) -> None:
    answer = open_to_a_page.http.post("/responses", json={"model": "none/m"}, headers={"origin": ALLOWED})
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == ALLOWED


def test_other_pages_stay_refused(open_to_a_page: RunningServer) -> None:
    assert ask(open_to_a_page, {"origin": FOREIGN}).status_code == 403


def test_request_ids_differ(scene: Scene) -> None:
    scene.play(text("Hello!"), text("Hello!"))
    answers = [scene.answer(), scene.stream(), scene.server.get("/models"), scene.server.get("/nothing")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 4


def test_where_llama_stack_had_the_api_before(scene: Scene) -> None:
    old = scene.server.url.removesuffix("/v1") + "/v1/openai/v1"
    with httpx2.Client(base_url=old) as client:
        scene.play(text("Hello!"))
        made = client.post("/responses", json={"model": "scripted/m", "input": "?"}).json()
        assert client.get(f"/responses/{made['id']}").json() == made
        assert client.get("/models/scripted/meta-llama/Llama-3.1-8B").json()["id"] == "scripted/meta-llama/Llama-3.1-8B"
        foreign = client.get("/models", headers={"host": "evil.example"})
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "forbidden_host")
        assert client.get("/nothing").status_code == 404
