"""A running server and its keys, as an operator makes them and the official client sends them."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest
from made_keys import Operator, bearer, client_for, id_in
from running_server import RunningServer, run, running_server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from antiphon.testing import ScriptedUpstream, text

PATIENCE = 60.0
HELLO = {"model": "up/m", "input": "Hi"}


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=text("Hello!"), models=["m", "n"]) as made:
        yield made


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(f"sqlite:///{tmp_path}/a.db")


@pytest.fixture
def server(tmp_path: Path, upstream: ScriptedUpstream, operator: Operator) -> Iterator[RunningServer]:
    flags = ["--upstream", f"up={upstream.url}", "--db", operator.db, "--alias", "big=up/n"]
    with running_server(*flags, folder=tmp_path) as running:
        yield running


def within(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_running_server_notices_keys_that_come_and_go(server: RunningServer, operator: Operator) -> None:
    def status(key: str | None = None) -> int:
        return server.get("/models", headers=bearer(key) if key else None).status

    assert status() == 200
    key = operator.key("blue")
    within(lambda: status() == 401)
    assert (status(key), status("wrong")) == (200, 401)
    assert server.get("/health").status == 200
    other = operator.key("red")
    within(lambda: status(other) == 200)
    operator.keys("revoke", id_in(key))
    within(lambda: status(key) == 401)
    new = operator.keys("rotate", id_in(other), "--grace", "1s").strip()
    within(lambda: status(new) == 200)
    within(lambda: status(other) == 401)
    for one in (key, other, new):
        operator.keys("delete", id_in(one))
    within(lambda: status() == 200)


def test_the_official_client_sees_the_errors_it_knows(server: RunningServer, operator: Operator) -> None:
    reader = operator.key("blue", "--scopes", "read")
    picky = operator.key("blue", "--models", "up/m")
    within(lambda: server.get("/models").status == 401)
    with client_for(server.url, "nonsense") as client, pytest.raises(openai.AuthenticationError) as unknown:
        client.models.list()
    assert (unknown.value.code, unknown.value.type) == ("invalid_api_key", "invalid_request_error")
    with client_for(server.url, reader) as client:
        assert client.models.list().data
        with pytest.raises(openai.PermissionDeniedError) as denied:
            client.responses.create(**HELLO)
        assert denied.value.code == "missing_scope"
    with client_for(server.url, picky) as client:
        assert client.responses.create(**HELLO).output_text == "Hello!"
        assert [model.id for model in client.models.list()] == ["up/m"]
        for asked in ("up/n", "big", "nobody's"):
            with pytest.raises(openai.NotFoundError) as missing:
                client.responses.create(model=asked, input="Hi")
            assert missing.value.code == "model_not_found"
            assert "does not exist or you do not have access to it" in missing.value.message
            with pytest.raises(openai.NotFoundError):
                client.chat.completions.create(model=asked, messages=[{"role": "user", "content": "Hi"}])


def test_the_audit_log_is_for_admins(server: RunningServer, operator: Operator) -> None:
    admin = operator.key("ops", "--scopes", "admin")
    plain = operator.key("blue", "--name", "ci")
    within(lambda: server.get("/models").status == 401)
    assert server.get("/organization/audit_logs", headers=bearer(plain)).status == 403
    page = server.get("/organization/audit_logs", headers=bearer(admin), limit=1).json
    [entry] = page["data"]
    assert (entry["type"], entry["project"]["id"], page["has_more"]) == ("api_key.created", "blue", True)
    assert entry["api_key.created"]["id"] == id_in(plain)
    assert entry["api_key.created"]["data"]["name"] == "ci"
    rest = server.get("/organization/audit_logs", headers=bearer(admin), after=page["last_id"]).json
    assert [one["api_key.created"]["id"] for one in rest["data"]] == [id_in(admin)]
    for query in ({"after": "x"}, {"order": "asc"}):
        assert server.get("/organization/audit_logs", headers=bearer(admin), **query).status == 400
    assert plain not in json.dumps(page)


def test_a_socket_needs_a_key_and_loses_it(server: RunningServer, operator: Operator) -> None:
    key = operator.key("blue")
    within(lambda: server.get("/models").status == 401)
    host, port = server.address
    url = f"ws://{host}:{port}/v1/responses"
    for headers in ({}, bearer("wrong")):
        with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers, proxy=None):
            pass
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body or b"")["error"]["code"] == "invalid_api_key"
    asked = json.dumps({"type": "response.create", **HELLO})

    with connect(url, additional_headers=bearer(key), proxy=None) as socket:

        def last() -> dict[str, object]:
            socket.send(asked)
            while True:
                told: dict[str, object] = json.loads(socket.recv(PATIENCE))
                if told["type"] in {"response.completed", "error"}:
                    return told

        assert last()["type"] == "response.completed"
        operator.keys("revoke", id_in(key))
        within(lambda: last()["type"] == "error")
        assert last()["status"] == 401


def test_where_others_come_a_key_is_needed_to_start(
    tmp_path: Path, upstream: ScriptedUpstream, operator: Operator
) -> None:
    everywhere = ["--host", "0.0.0.0", "--upstream", f"up={upstream.url}", "--db", operator.db]  # noqa: S104 - what is tested
    ended = run("serve", *everywhere, "--port", "0", folder=tmp_path)
    assert ended.returncode == 2
    for way in ("antiphon keys create", "--insecure", "127.0.0.1"):
        assert way in ended.stderr
    key = operator.key("blue")
    with running_server(*everywhere, folder=tmp_path) as server:
        assert server.get("/models", headers={"host": "antiphon.example", **bearer(key)}).status == 200
        assert server.get("/models", headers={"host": "antiphon.example"}).status == 401
        # Without a key it stays shut: only a start may decide otherwise.
        operator.keys("delete", id_in(key))
        within(lambda: server.get("/models", headers=bearer(key)).status == 401)


def test_with_a_key_a_proxy_may_ask_for_any_host(server: RunningServer, operator: Operator) -> None:
    assert server.get("/models", headers={"host": "antiphon.example"}).error["code"] == "forbidden_host"
    key = operator.key("blue")
    within(lambda: server.get("/models").status == 401)
    assert server.get("/models", headers={"host": "antiphon.example", **bearer(key)}).status == 200
