"""WebSocket as the official client speaks it, against a running server: every event judged, every stream checked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import judge
import pytest
from openai.types.responses import ResponsesServerEvent
from running_server import Json, RunningServer, Scene, running_server
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from antiphon.testing import check_stream, text, tool_call
from antiphon.testing.scripted_reply import Gate

F = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
ENDS = {"response.completed", "response.incomplete", "response.failed", "error"}
WIRE = judge.members(ResponsesServerEvent)
USER = {"role": "user", "content": "Be brief."}


class Socket:
    """A connection that judges what comes, and checks each response's events as a stream."""

    def __init__(self, raw: Connection) -> None:
        self.raw = raw
        self.streams: dict[str | None, list[Json]] = {}

    def send(self, **message: Any) -> None:
        self.raw.send(json.dumps(message))

    def create(self, **body: Any) -> None:
        self.send(type="response.create", **{"model": "scripted/m", "input": "Hello?", **body})

    def event(self) -> Json:
        event: Json = json.loads(self.raw.recv(timeout=20))
        judge.judge_event(event, WIRE)
        if not event["type"].startswith("response.steer") and "sequence_number" in event:
            self.streams.setdefault(event.get("stream_id"), []).append(event)
        if event["type"] in ENDS - {"error"}:
            check_stream(self.streams.pop(event.get("stream_id")))
        return event

    def until(self, *kinds: str) -> list[Json]:
        """Events up to the first of a kind."""
        events = [self.event()]
        while events[-1]["type"] not in kinds:
            events.append(self.event())
        return events

    def answer(self, **body: Any) -> Json:
        """The response to a request."""
        self.create(**body)
        return dict(self.until(*ENDS)[-1]["response"])

    def error(self, **body: Any) -> Json:
        """The error of a request."""
        self.create(**body)
        event = self.event()
        assert event["type"] == "error"
        return dict(event["error"], status=event["status"])


@contextmanager
def socket_to(server: RunningServer, **headers: str) -> Iterator[Socket]:
    host, port = server.address
    with connect(f"ws://{host}:{port}/v1/responses", additional_headers=headers, proxy=None) as raw:
        yield Socket(raw)


@pytest.fixture
def socket(scene: Scene) -> Iterator[Socket]:
    with socket_to(scene.server) as made:
        yield made


def said(response: Json) -> str:
    return str(response["output"][-1]["content"][0]["text"])


def test_many_responses_in_turn(socket: Socket, scene: Scene) -> None:
    scene.play(text("One."), text("Two."))
    first = socket.answer()
    second = socket.answer(input="And?", previous_response_id=first["id"], stream=True, background=True)
    assert [said(first), said(second)] == ["One.", "Two."]
    assert [message["content"] for message in scene.calls[-1].json["messages"]] == ["Hello?", "One.", "And?"]
    assert (second["background"], second["previous_response_id"]) == (False, first["id"])
    assert scene.server.client.responses.retrieve(second["id"]).output_text == "Two."


def test_what_is_not_stored_is_continued_on_its_connection_alone(socket: Socket, scene: Scene) -> None:
    scene.play(tool_call("f", "{}", id="call_1"), text("Done."), text("Again."))
    first = socket.answer(store=False, tools=[F])
    output = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
    second = socket.answer(store=False, tools=[F], input=[output], previous_response_id=first["id"])
    socket.answer(store=False, input="Hm.", previous_response_id=second["id"])
    roles = [message["role"] for message in scene.calls[-1].json["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    with socket_to(scene.server) as other:
        error = other.error(store=False, previous_response_id=first["id"])
    assert (error["code"], error["param"], error["status"]) == (
        "previous_response_not_found",
        "previous_response_id",
        400,
    )


def test_what_is_stored_cannot_continue_what_is_not(socket: Socket, scene: Scene) -> None:
    scene.play(text("One."))
    first = socket.answer(store=False)
    error = socket.error(previous_response_id=first["id"])
    assert error["param"] == "store"


def test_a_failed_continuation_forgets_what_it_continued(socket: Socket, scene: Scene) -> None:
    scene.play(text("One."))
    first = socket.answer(store=False)
    lost = {"type": "function_call_output", "call_id": "nowhere", "output": "4"}
    assert "nowhere" in socket.error(store=False, input=[lost], previous_response_id=first["id"])["message"]
    again = socket.error(store=False, previous_response_id=first["id"])
    assert again["code"] == "previous_response_not_found"


def test_prewarming_asks_nothing_and_can_be_continued(socket: Socket, scene: Scene) -> None:
    scene.play(text("Warm."))
    socket.create(generate=False, store=False, instructions="Be kind.")
    events = socket.until(*ENDS)
    assert [event["type"] for event in events] == ["response.created", "response.in_progress", "response.completed"]
    assert (events[-1]["response"]["output"], scene.calls) == ([], [])
    answer = socket.answer(store=False, input="Now.", previous_response_id=events[-1]["response"]["id"])
    assert said(answer) == "Warm."
    assert [message["content"] for message in scene.calls[-1].json["messages"]] == ["Hello?", "Now."]


def test_a_stored_prewarming_is_continued_from_anywhere(socket: Socket, scene: Scene) -> None:
    scene.play(text("Warm."))
    warm = socket.answer(generate=False)
    answer = scene.answer(previous_response_id=warm["id"], input="Now.")
    assert answer.text == "Warm."


def test_lanes_go_on_side_by_side_and_name_themselves(socket: Socket, scene: Scene) -> None:
    gate = Gate()
    scene.play(text("I am held.").held(gate), text("I am not."))
    socket.create(stream_id="a")
    socket.until("response.created")
    socket.create(stream_id="b")
    second = socket.until("response.completed")[-1]
    gate.open()
    first = socket.until("response.completed")[-1]
    assert [(event["stream_id"], said(event["response"])) for event in (first, second)] == [
        ("a", "I am held."),
        ("b", "I am not."),
    ]


def test_requests_of_one_lane_wait_for_each_other(socket: Socket, scene: Scene) -> None:
    scene.play(text("One."), text("Two."))
    socket.create()
    socket.create()
    first, second = socket.until(*ENDS), socket.until(*ENDS)
    assert [said(events[-1]["response"]) for events in (first, second)] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("{", None),
        ("[]", None),
        ("{}", "type"),
        ('{"type": "response.cancel"}', "type"),
        ('{"type": "response.create", "stream_id": 7}', "stream_id"),
        ('{"type": "response.create", "input": "Hi."}', "model"),
        ('{"type": "response.create", "model": "scripted/m"}', "input"),
        ('{"type": "response.create", "response": 7}', "response"),
        ('{"type": "response.steer", "previous_response_id": "resp_1"}', "input"),
    ],
)
def test_what_is_wrong_with_a_message_is_said_and_the_connection_goes_on(
    socket: Socket, scene: Scene, message: str, param: str | None
) -> None:
    socket.raw.send(message)
    event = socket.event()
    assert (event["type"], event["status"], event["error"]["param"]) == ("error", 400, param)
    scene.play(text("Still here."))
    assert said(socket.answer()) == "Still here."


def test_the_error_of_a_request_names_its_lane_and_its_status(socket: Socket) -> None:
    socket.create(model="nowhere/x", stream_id="lane")
    event = socket.event()
    assert (event["stream_id"], event["status"], event["error"]["code"]) == ("lane", 404, "model_not_found")


def test_what_deep_json_costs_is_bounded(socket: Socket) -> None:
    socket.raw.send('{"input": ' + "[" * 100_000)
    assert "nested" in socket.event()["error"]["message"]


def test_a_request_within_a_member_and_as_bytes(socket: Socket, scene: Scene) -> None:
    scene.play(text("Hello."))
    socket.raw.send(
        json.dumps({"type": "response.create", "response": {"model": "scripted/m", "input": "Hi."}}).encode()
    )
    assert said(socket.until(*ENDS)[-1]["response"]) == "Hello."


def test_strictly(scene: Scene) -> None:
    with socket_to(scene.server, **{"antiphon-strict": "1"}) as socket:
        assert socket.error(background=False, moderation={"model": "x"})["status"] == 400


def test_a_client_that_leaves_ends_the_call_and_its_response_is_cancelled(scene: Scene) -> None:
    scene.play(text("One ", "two ", "three.").timed(between=30))
    with socket_to(scene.server) as socket:
        socket.create()
        created = socket.event()["response"]["id"]
        socket.until("response.in_progress")
    scene.upstream.wait(lambda: scene.calls[-1].end is not None)
    assert wait_for(lambda: scene.server.get(f"/responses/{created}").status == 200)
    assert scene.server.get(f"/responses/{created}").json["status"] == "cancelled"


def wait_for(true: Callable[[], bool]) -> bool:
    waiting = threading.Event()
    return any(true() or waiting.wait(0.05) for _ in range(200))


def test_a_web_page_of_elsewhere_is_refused(scene: Scene) -> None:
    with pytest.raises(InvalidStatus) as refused, socket_to(scene.server, Origin="http://evil.example"):
        pass
    assert refused.value.response.status_code == 403
    assert b"forbidden_origin" in refused.value.response.body


def test_a_message_over_the_limit_ends_the_connection(scene: Scene) -> None:
    with running_server("--upstream", f"scripted={scene.upstream.url}", "--max-body", "1000") as server:
        with socket_to(server) as socket:
            socket.create(input="x" * 2000)
            with pytest.raises(ConnectionClosed) as closed:
                socket.event()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_without_websockets_a_client_is_told_to_fall_back(scene: Scene) -> None:
    with running_server("--upstream", f"scripted={scene.upstream.url}", "--no-websocket") as server:
        with pytest.raises(InvalidStatus) as refused, socket_to(server):
            pass
        assert refused.value.response.status_code == 426
        assert b"--no-websocket" in refused.value.response.body
        assert refused.value.response.headers["upgrade"] == "websocket"


def test_a_server_that_stops_says_goodbye(scene: Scene) -> None:
    with running_server("--upstream", f"scripted={scene.upstream.url}") as server, socket_to(server) as socket:
        server.process.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            socket.event()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in {1001, 1012}
        assert server.process.wait(20) == 0


def test_the_official_client(scene: Scene) -> None:
    scene.play(text("Hello", "!"), text("Bye."))
    with scene.server.client.responses.connect() as connection:
        connection.response.create(model="scripted/m", input="Hi.")
        seen: list[Any] = []
        for event in connection:
            seen.append(event)
            if event.type == "response.completed":
                break
        assert [event.delta for event in seen if event.type == "response.output_text.delta"] == ["Hello", "!"]
        connection.response.create(model="scripted/m", input="Bye.", previous_response_id=seen[-1].response.id)
        for event in connection:
            if event.type == "response.completed":
                assert event.response.output_text == "Bye."
                break


async def test_the_official_asynchronous_client(scene: Scene) -> None:
    scene.play(text("Hello", "!"))
    async with scene.server.async_client() as client, client.responses.connect() as connection:
        await connection.response.create(model="scripted/m", input="Hi.", stream_id="s")
        kinds = []
        async for event in connection:
            kinds.append((event.type, getattr(event, "stream_id", None)))
            if event.type == "response.completed":
                break
    assert kinds[0] == ("response.created", "s")
    assert kinds[-1] == ("response.completed", "s")


class TestSteering:
    """`response.steer`: input for a response that is under way."""

    def test_a_successor_begins_by_itself(self, socket: Socket, scene: Scene) -> None:
        gate = Gate()
        scene.play(text("One.").held(gate), text("Two."))
        socket.create(stream_id="s", instructions="Be kind.")
        created = socket.event()["response"]["id"]
        for words in ("Shorter.", [USER]):
            socket.send(type="response.steer", previous_response_id=created, input=words)
        accepted = [socket.until("response.steer.accepted")[-1] for _ in range(2)]
        gate.open()
        first = socket.until("response.completed")[-1]["response"]
        second = socket.until("response.completed")[-1]["response"]
        assert [event["sequence_number"] for event in accepted] == [0, 1]
        assert {event["stream_id"] for event in accepted} == {"s"}
        assert (second["previous_response_id"], second["instructions"]) == (first["id"], "Be kind.")
        told = [message["content"] for message in scene.calls[-1].json["messages"]]
        assert told == ["Be kind.", "Hello?", "One.", "Shorter.", "Be brief."]

    def test_a_successor_that_cannot_begin_gives_its_input_back(self, socket: Socket, scene: Scene) -> None:
        gate = Gate()
        scene.play(text("One.").held(gate))
        socket.create(store=False)
        created = socket.event()["response"]["id"]
        steered = {"type": "message", "role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}
        socket.send(type="response.steer", previous_response_id=created, input=[steered])
        accepted = socket.until("response.steer.accepted")[-1]
        gate.open()
        failed = socket.until("response.steer.failed")[-1]
        assert (failed["error"]["code"], failed["steer"]["input"]) == ("successor_creation_failed", [steered])
        assert failed["steer"]["id"] == accepted["steer"]["id"]

    def test_input_waits_for_what_the_client_has_to_send(self, socket: Socket, scene: Scene) -> None:
        scene.play(tool_call("f", "{}", id="call_1"), text("Done."))
        first = socket.answer(tools=[F])
        socket.send(type="response.steer", previous_response_id=first["id"], input="Shorter.")
        assert socket.event()["type"] == "response.steer.accepted"
        pending = socket.event()
        assert pending["type"] == "response.steer.pending"
        (stub,) = pending["required_input"]
        assert stub == {"type": "function_call_output", "call_id": "call_1", "name": "f"}
        socket.answer(input=[{**stub, "output": "4"}], previous_response_id=first["id"], tools=[F])
        told = [(message["role"], message["content"]) for message in scene.calls[-1].json["messages"]]
        assert sorted(told[2:]) == [("tool", "4"), ("user", "Shorter.")]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"previous_response_id": "resp_nowhere"}, "response_not_found"),
            ({}, "response_already_completed"),
            ({"stream_id": "s"}, "invalid_input"),
        ],
    )
    def test_what_comes_to_nothing_goes_back(self, socket: Socket, scene: Scene, change: Json, code: str) -> None:
        scene.play(text("One."))
        first = socket.answer()
        socket.send(**{"type": "response.steer", "previous_response_id": first["id"], "input": "Shorter.", **change})
        failed = socket.event()
        assert (failed["type"], failed["error"]["code"]) == ("response.steer.failed", code)
        assert failed["steer"]["input"] == "Shorter."
        assert "id" not in failed["steer"]

    def test_what_may_not_be_submitted_goes_back(self, socket: Socket, scene: Scene) -> None:
        gate = Gate()
        scene.play(text("One.").held(gate))
        socket.create()
        created = socket.event()["response"]["id"]
        output = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
        socket.send(type="response.steer", previous_response_id=created, input=[output])
        failed = socket.until("response.steer.failed")[-1]
        gate.open()
        socket.until("response.completed")
        assert (failed["error"]["code"], failed["steer"]["input"]) == ("invalid_input", [output])

    def test_of_a_response_that_fails_it_goes_back(self, socket: Socket, scene: Scene) -> None:
        gate = Gate()
        scene.play(text("One.").without_finish().without_done().held(gate, at=1))
        socket.create()
        created = socket.event()["response"]["id"]
        socket.send(type="response.steer", previous_response_id=created, input="Shorter.")
        accepted = socket.until("response.steer.accepted")[-1]
        gate.open()
        failed = socket.until("response.steer.failed")[-1]
        assert (failed["error"]["code"], failed["steer"]["input"]) == ("response_not_active", "Shorter.")
        assert failed["steer"]["id"] == accepted["steer"]["id"]

    def test_in_a_conversation_it_is_refused(self, socket: Socket, scene: Scene) -> None:
        scene.play(text("One."))
        conversation = scene.server.client.conversations.create()
        first = socket.answer(conversation=conversation.id)
        socket.send(type="response.steer", previous_response_id=first["id"], input="Shorter.")
        assert socket.event()["error"]["code"] == "steering_not_supported"
