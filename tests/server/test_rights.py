"""What a route needs: the table and its rows. Every route with every kind of key is in `test_rights_matrix.py`."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from antiphon.errors import AntiphonError, ScopeMissing, Unauthorized
from antiphon.keys import ADMIN, READ, SCOPES, WRITE
from antiphon.server.access import REFUSAL
from antiphon.server.callers import CALLER, Caller
from antiphon.server.rights import ANYONE, RIGHTS, UnknownRight, guarded, missing, names_of


async def page(_: Request) -> Response:
    return Response()


class App:
    """Says that it was reached."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "reached"})


app = App()


def reader(*scopes: str) -> Caller:
    return Caller("p", frozenset(scopes))


async def sent(route: BaseRoute, rights: dict[str, str], scope: Scope) -> list[Message]:
    [guard] = guarded([route], rights)
    messages: list[Message] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Message:
        raise AssertionError

    await guard.app({"headers": [], **scope}, receive, send)  # type: ignore[attr-defined] # one that has an application
    return messages


def test_a_route_without_a_row_cant_be_served() -> None:
    with pytest.raises(UnknownRight, match="'POST /new' has no row"):
        guarded([Route("/new", page, methods=["GET", "POST"])], {"GET /new": READ})
    with pytest.raises(UnknownRight, match="MOUNT /files"):
        guarded([Mount("/files", app)], {})
    with pytest.raises(UnknownRight, match="BaseRoute"):
        guarded([BaseRoute()], {})


def test_what_routes_are_called() -> None:
    assert list(names_of(Route("/a/{id}", page, methods=["POST", "GET"]))) == ["GET /a/{id}", "POST /a/{id}"]
    assert list(names_of(WebSocketRoute("/a", app))) == ["WEBSOCKET /a"]


@pytest.mark.parametrize("right", sorted(set(RIGHTS.values())))
def test_every_row_names_a_scope_or_anyone(right: str) -> None:
    assert right in {*SCOPES, ANYONE}


async def test_each_method_needs_its_own_and_head_is_a_get() -> None:
    rights = {"GET /a": READ, "DELETE /a": WRITE}

    def route() -> Route:
        return Route("/a", app, methods=["GET", "DELETE"])

    caller = {"type": "http", CALLER: reader(READ)}
    for method in ("GET", "HEAD"):
        assert await sent(route(), rights, {**caller, "method": method}) == [{"type": "reached"}]
    with pytest.raises(ScopeMissing, match="Missing scopes: write"):
        await sent(route(), rights, {**caller, "method": "DELETE"})


async def test_whoever_has_no_caller_comes_nowhere() -> None:
    refusal = Unauthorized("no")
    stranger = {"type": "http", "method": "GET", REFUSAL: refusal}
    with pytest.raises(Unauthorized):
        await sent(Route("/a", app), {"* /a": READ}, stranger)
    assert await sent(Route("/a", app), {"* /a": ANYONE}, stranger) == [{"type": "reached"}]
    with pytest.raises(KeyError):
        await sent(Route("/a", app), {"* /a": READ}, {"type": "http", "method": "GET"})


async def test_a_mounted_application_has_one_right() -> None:
    rights = {"MOUNT /m": ADMIN}
    caller = {"type": "http", "method": "PUT", CALLER: reader(ADMIN)}
    assert await sent(Mount("/m", app), rights, caller) == [{"type": "reached"}]
    with pytest.raises(AntiphonError):
        await sent(Mount("/m", app), rights, {**caller, CALLER: reader(READ)})


async def test_a_socket_is_refused_at_its_handshake() -> None:
    extensions: dict[str, Any] = {"websocket.http.response": {}}
    scope = {"type": "websocket", "extensions": extensions, REFUSAL: Unauthorized("no")}
    messages = await sent(WebSocketRoute("/a", app), {"WEBSOCKET /a": READ}, scope)
    assert [(message["type"], message.get("status")) for message in messages] == [
        ("websocket.http.response.start", 401), ("websocket.http.response.body", None),
    ]  # fmt: skip


def test_scopes_dont_imply_each_other() -> None:
    for needed in SCOPES:
        assert missing(needed, frozenset(SCOPES)) is None
        assert missing(needed, frozenset(set(SCOPES) - {needed})) is not None
