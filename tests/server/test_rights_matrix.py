"""Every route with every kind of key, over HTTP and WebSocket: generated from the routes that a server has.

A route that is new is refused by the server until `RIGHTS` has a row for it; and a path that names a thing is refused by
this test until `owned.py` knows how one is made. Counterpart: `../state/test_two_projects.py`.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import pytest
from made_keys import Operator, id_in
from owned import BODIES, FORMS, FREE, MODEL, OWNED, Ids, Json, Party, message
from running_server import RunningServer, running_server
from sandboxes import table, unguarded
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from antiphon.config import Environment, load
from antiphon.console.door import routes as pages
from antiphon.keys import READ
from antiphon.server.app import all_routes
from antiphon.server.rights import ANYONE, RIGHTS, names_of
from antiphon.server.services import open_services
from antiphon.testing import ScriptedUpstream, text

PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
REFUSED = ("nobody", "wrong", "expired", "revoked")
WITH_IDS = [name for name in RIGHTS if PARAMETER.search(name) and name.split("/")[2] not in FREE]
PATIENCE = 60.0
LONG = 8
"""Characters of an id that can't stand in a sentence by chance."""


@dataclass
class House:
    """A server with keys of all kinds."""

    server: RunningServer
    http: httpx2.Client
    keys: dict[str, str | None]

    def party(self, kind: str) -> Party:
        party = Party(self.http, self.keys[kind] or "")
        if self.keys[kind] is None:
            party.headers = {}
        return party


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with pytest.MonkeyPatch.context():
        folder = tmp_path_factory.mktemp("house")
        yield Operator(f"sqlite:///{folder}/a.db")


@pytest.fixture(scope="module")
def house(operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("matrix")
    keys: dict[str, str | None] = {
        "nobody": None,
        "wrong": f"sk-ap-{'0' * 12}-{'0' * 48}",
        "expired": operator.key("blue", "--expires", "0.001s"),
        "revoked": operator.key("blue"),
        "reader": operator.key("blue", "--scopes", "read"),
        "blue": operator.key("blue", "--scopes", "inference,read,write,admin"),
        "red": operator.key("red", "--scopes", "inference,read,write,admin"),
    }
    operator.keys("revoke", id_in(keys["revoked"] or ""))
    (folder / "antiphon.toml").write_text(table(unguarded(folder)))
    with (
        ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", operator.db, folder=folder) as server,
        httpx2.Client(base_url=server.url.removesuffix("/v1"), timeout=PATIENCE) as http,
    ):
        yield House(server, http, keys)


def filled(path: str, ids: Ids) -> str:
    return PARAMETER.sub(lambda found: ids[found[1]], path)


def status(house: House, kind: str, name: str) -> tuple[int, str | None]:
    """What a kind of key gets at a route, with its error's code."""
    method, path = name.split(" ")
    path = PARAMETER.sub("x", path) + ("/" if method == "MOUNT" else "")
    if method == "WEBSOCKET":
        return _handshake(house, kind, path)
    answer = house.party(kind).send("GET" if method == "MOUNT" else method, path)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    error = answer.json().get("error") if is_json and answer.content else None
    return answer.status_code, error["code"] if error else None


def _handshake(house: House, kind: str, path: str) -> tuple[int, str | None]:
    host, port = house.server.address
    headers = house.party(kind).headers
    try:
        with connect(f"ws://{host}:{port}{path}", additional_headers=headers, proxy=None):
            return 101, None
    except InvalidStatus as refused:
        return refused.response.status_code, json.loads(refused.response.body or b"")["error"]["code"]


async def test_the_table_has_every_route_and_no_other(tmp_path: Path) -> None:
    config = load({"upstream": ["up=http://127.0.0.1:1/v1"], "db": "memory://"}, {}, tmp_path)
    async with open_services(config, Environment(variables={})) as services:
        served = {name for route in all_routes(services, pages) for name in names_of(route)}
    assert served == RIGHTS.keys()


@pytest.mark.parametrize("name", RIGHTS)
def test_nobody_comes_in_without_a_good_key(house: House, name: str) -> None:
    answers = {kind: status(house, kind, name) for kind in REFUSED}
    if RIGHTS[name] == ANYONE:
        assert all(code not in {401, 403} for code, _ in answers.values()), answers
    else:
        assert set(answers.values()) == {(401, "invalid_api_key")}, answers


@pytest.mark.parametrize("name", RIGHTS)
def test_a_key_that_may_read_may_only_read(house: House, name: str) -> None:
    answer = status(house, "reader", name)
    if RIGHTS[name] in {ANYONE, READ}:
        assert answer[0] not in {401, 403}
    else:
        assert answer == (403, "missing_scope")


def ask(party: Party, name: str, ids: Ids) -> httpx2.Response:
    """A whole request to a route, for a thing."""
    method, path = name.split(" ")
    if name in FORMS:
        return party.send(method, filled(path, ids), **FORMS[name])
    body = json.dumps(BODIES.get(name, {}))
    for parameter, value in ids.items():
        body = body.replace(f"<{parameter}>", value)
    return party.send(method, filled(path, ids), json.loads(body) if method == "POST" else None)


def unheard_of(ids: Ids) -> Ids:
    """Ids like these that nobody has."""
    return {name: value if len(value) < LONG else value[:-6] + "000000" for name, value in ids.items()}


def without(said: bytes, ids: Ids) -> bytes:
    """What was said, without the ids that were asked for."""
    for value in ids.values():
        said = said.replace(value.encode(), b"ID") if len(value) >= LONG else said
    return said


def told(answer: httpx2.Response, ids: Ids) -> tuple[int, bytes, Json]:
    """An answer without the ids that were asked for, and without what is new in each."""
    headers = {
        name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id", "content-length"}
    }
    return answer.status_code, without(answer.content, ids), headers


@pytest.mark.parametrize("name", WITH_IDS)
def test_anothers_id_is_answered_like_one_that_doesnt_exist(house: House, name: str) -> None:
    blue, red = house.party("blue"), house.party("red")
    noun = name.split("/")[2]
    assert noun in OWNED, f"{name}: say in tests/owned.py how a thing of this kind is made"
    ids = OWNED[noun](blue)
    nobodys = unheard_of(ids)
    strangers = told(ask(red, name, ids), ids)
    assert strangers == told(ask(red, name, nobodys), nobodys)
    assert strangers[0] == 404, strangers
    # It was asked in the right way: its owner gets it, after all that a stranger did.
    own = ask(blue, name, ids)
    assert own.is_success or own.status_code == 400, own.text


LISTS = [
    name for name in RIGHTS if name.startswith("GET /v1/") and name.split("/")[2] in OWNED and name not in WITH_IDS
]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_nothing_of_another_project(house: House, name: str) -> None:
    path = name.split(" ")[1]
    ids = OWNED[path.split("/")[2]](house.party("blue"))
    assert ids["id"] not in house.party("red").send("GET", path).text
    assert ids["id"] in house.party("blue").send("GET", path, params={"order": "desc"}).text
    for cursor in ("after", "before"):
        asked = (ids, unheard_of(ids))
        answers = [told(house.party("red").send("GET", path, params={cursor: one["id"]}), one) for one in asked]
        assert answers[0] == answers[1]


def in_bodies(house: House) -> dict[str, tuple[Ids, Any]]:
    """Requests that name a thing of blue's in their body, by what they name; each as a function of the ids."""
    blue = house.party("blue")
    response, conversation, prompt = (OWNED[noun](blue) for noun in ("responses", "conversations", "prompts"))
    container, file = (OWNED[noun](blue) for noun in ("containers", "files"))
    store = OWNED["vector_stores"](blue)
    return {
        "chain": (response, lambda ids: {"input": "Hi", "previous_response_id": ids["id"]}),
        "conversation": (conversation, lambda ids: {"input": "Hi", "conversation": ids["id"]}),
        "item": (conversation, lambda ids: {"input": [{"type": "item_reference", "id": ids["item_id"]}]}),
        "prompt": (prompt, lambda ids: {"prompt": {"id": ids["id"]}}),
        "container": (
            container,
            lambda ids: {"input": "Hi", "tools": [{"type": "code_interpreter", "container": ids["id"]}]},
        ),
        "vector store": (
            store,
            lambda ids: {"input": "Hi", "tools": [{"type": "file_search", "vector_store_ids": [ids["id"]]}]},
        ),
        "file": (
            file,
            lambda ids: {"input": [{**message(), "content": [{"type": "input_file", "file_id": ids["id"]}]}]},
        ),
    }


PATHS = ("/v1/responses", "/v1/responses/compact", "/v1/responses/input_tokens")


@pytest.mark.parametrize("what", ["chain", "conversation", "item", "prompt", "container", "file", "vector store"])
def test_what_a_body_names_of_another_project_isnt_there(house: House, what: str) -> None:
    ids, body = in_bodies(house)[what]
    nobodys = unheard_of(ids)
    red, blue = house.party("red"), house.party("blue")
    for path in PATHS:
        answers = [told(red.send("POST", path, {"model": MODEL, **body(asked)}), asked) for asked in (ids, nobodys)]
        # Where such a member means nothing, there is nothing to be told.
        assert answers[0] == answers[1] or (answers[0][0] == answers[1][0] == 200 and path != PATHS[0])
    over = [without(over_socket(house, "red", body(asked)), asked) for asked in (ids, nobodys)]
    assert over[0] == over[1]
    assert b'"type":"error"' in over[0]
    if what != "file":
        assert blue.send("POST", "/v1/responses", {"model": MODEL, **body(ids)}).is_success


def over_socket(house: House, kind: str, body: Json) -> bytes:
    """What the last message says of a request over WebSocket."""
    host, port = house.server.address
    with connect(
        f"ws://{host}:{port}/v1/responses", additional_headers=house.party(kind).headers, proxy=None
    ) as socket:
        socket.send(json.dumps({"type": "response.create", "model": MODEL, **body}))
        while True:
            said = str(socket.recv(PATIENCE)).encode()
            if json.loads(said)["type"] in {"error", "response.completed", "response.failed"}:
                return said


def test_anothers_run_is_neither_followed_nor_cancelled(house: House) -> None:
    blue, red = house.party("blue"), house.party("red")
    ids = {"id": blue.made("/v1/responses", {"model": MODEL, "input": "Hi", "background": True})["id"]}
    for method, more in (("GET", "?stream=true"), ("GET", "?stream=true&starting_after=0"), ("POST", "/cancel")):
        asked = (ids, unheard_of(ids))
        answers = [told(red.send(method, f"/v1/responses/{one['id']}{more}"), one) for one in asked]
        assert answers[0] == answers[1]
        assert answers[0][0] == HTTPStatus.NOT_FOUND
    assert blue.send("GET", f"/v1/responses/{ids['id']}?stream=true").is_success


def test_anothers_file_cant_be_put_into_anything(house: House) -> None:
    ids = OWNED["files"](house.party("blue"))
    red, nobodys = house.party("red"), unheard_of(ids)
    own = red.made("/v1/vector_stores", {"name": "v"})["id"]
    takers: dict[str, Callable[[str], Json]] = {
        f"/v1/vector_stores/{own}/files": lambda one: {"file_id": one},
        f"/v1/vector_stores/{own}/file_batches": lambda one: {"file_ids": [one]},
        "/v1/vector_stores": lambda one: {"file_ids": [one]},
        "/v1/containers": lambda one: {"name": "c", "file_ids": [one]},
    }
    for path, body in takers.items():
        answers = [told(red.send("POST", path, body(asked["id"])), asked) for asked in (ids, nobodys)]
        assert answers[0][0] == answers[1][0]
        # What is taken up later fails there.
        assert answers[0] == answers[1] or answers[0][0] == HTTPStatus.OK
    listed = red.send("GET", f"/v1/vector_stores/{own}/files").json()["data"]
    assert all(file["status"] != "completed" for file in listed)


def test_sealed_reasoning_of_another_project_doesnt_open(house: House) -> None:
    """A seal is no id: whoever holds one is told that it isn't theirs (decision 32), and nothing of what is in it."""
    blue, red = house.party("blue"), house.party("red")
    compact = blue.made("/v1/responses/compact", {"model": MODEL, "input": "Hi"})
    [sealed] = [item for item in compact["output"] if item["type"] == "compaction"]
    body = {"model": MODEL, "input": [sealed, message()]}
    assert blue.send("POST", "/v1/responses", body).is_success
    refused = red.send("POST", "/v1/responses", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_encrypted_content")
    assert b"invalid_encrypted_content" in over_socket(house, "red", {"input": body["input"]})
