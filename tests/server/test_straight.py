"""The straight way: the same answers as the other, errors and faults of the program included."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.errors import AntiphonError, NotFound
from antiphon.server.app import HANDLERS
from antiphon.server.errors import on_fault
from antiphon.server.straight import Straight
from antiphon.server.watched import STATUS

Ask = Callable[[str, str], Awaitable[httpx2.Response]]


class Fails:
    """A route's application: it says `begun`, if that is to be, and then ends with a fault."""

    def __init__(self, fault: Exception, *, begun: bool = False) -> None:
        self.fault = fault
        self.begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if self.begun:
            scope[STATUS] = 200
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise self.fault


class Says:
    """A route's application that answers with its word, if it is told which application it is part of."""

    def __init__(self, word: str) -> None:
        self.word = word

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert isinstance(scope["app"], Starlette)
        await PlainTextResponse(self.word)(scope, receive, send)


def told(request: Request) -> PlainTextResponse:
    """A route's function, which has no straight way."""
    return PlainTextResponse(f"told {request.url.path}")


ROUTES: list[BaseRoute] = [
    Route("/says", Says("first"), methods=["POST"]),
    Route("/says", Says("second"), methods=["GET"]),
    Route("/says/{id}", Says("one")),
    Route("/told", told),
    Route("/missing", Fails(NotFound("There is none.")), methods=["POST"]),
    Route("/broken", Fails(ZeroDivisionError("an own fault")), methods=["POST"]),
]


@pytest.fixture(params=["straight", "round"])
def app(request: pytest.FixtureRequest) -> ASGIApp:
    routed = Starlette(routes=ROUTES, exception_handlers={**HANDLERS, Exception: on_fault})
    return Straight(routed, ROUTES, HANDLERS) if request.param == "straight" else routed


@pytest.fixture
def ask(app: ASGIApp) -> Ask:
    async def asked(method: str, path: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, path)

    return asked


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("POST", "/says", 200, "first"),
        ("GET", "/says", 200, "second"),
        ("GET", "/says/1", 200, "one"),
        ("GET", "/told", 200, "told /told"),
        ("PUT", "/says", 405, "/says doesn't take PUT."),
        ("POST", "/missing", 404, "There is none."),
        ("GET", "/nowhere", 404, "There is no GET /nowhere here."),
        ("POST", "/broken", 500, "The server failed on this request."),
    ],
)
async def test_both_ways_lead_to_the_same(ask: Ask, method: str, path: str, status: int, said: str) -> None:
    answer = await ask(method, path)
    assert (answer.status_code, said in answer.text) == (status, True)


async def run(app: ASGIApp, path: str) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    try:
        await app(scope, receive, send)
    except (ZeroDivisionError, AntiphonError):
        sent.append({"type": "raised"})
    return sent


@pytest.mark.parametrize("fault", [ZeroDivisionError("an own fault"), NotFound("There is none.")])
async def test_a_fault_behind_the_status_ends_the_connection_and_is_logged(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    routes: list[BaseRoute] = [Route("/begun", Fails(fault, begun=True), methods=["POST"])]
    sent = await run(Straight(Starlette(routes=routes), routes, HANDLERS), "/begun")
    assert [message["type"] for message in sent] == ["http.response.start", "raised"]
    assert [record.getMessage() for record in caplog.records] == ["POST /begun failed"]


async def test_a_fault_before_it_is_answered_and_raised(caplog: pytest.LogCaptureFixture) -> None:
    sent = await run(Straight(Starlette(routes=ROUTES), ROUTES, HANDLERS), "/broken")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body", "raised"]
    assert sent[0]["status"] == 500
    assert len(caplog.records) == 1
