"""Events as bytes, and the comments that keep a silent stream open."""

import itertools
from collections.abc import Iterator
from typing import cast

import pytest
from judged_http import judge_stream
from running_server import RunningServer, Scene, Stage, running_server
from starlette.types import Message

from antiphon.server.coded import BodyWriter
from antiphon.server.sse import PIECE, EventStream, obfuscate, sse_message, sse_messages, sse_pieces
from antiphon.testing import Gate, Pause, ScriptedUpstream, raw, text
from antiphon.wire.events import FunctionCallArgumentsDelta, OutputTextDelta, ReasoningTextDelta

PING = b": ping\n\n"


def delta(said: str) -> OutputTextDelta:
    return OutputTextDelta(item_id="msg_1", output_index=0, content_index=0, delta=said, sequence_number=4)


def test_an_event_is_two_lines_and_a_blank_one() -> None:
    name, data, *rest = sse_message(delta("a\nb")).decode().split("\n")
    assert name == "event: response.output_text.delta"
    assert data.startswith('data: {"type":"response.output_text.delta",')
    assert '"delta":"a\\nb"' in data
    assert rest == ["", ""]


def test_several_events_are_one_after_another() -> None:
    thought = ReasoningTextDelta(item_id="rs_1", output_index=0, content_index=0, delta="Hm", sequence_number=4)
    events = [thought, *map(delta, ["a\nb", "\u2028", ""]), thought, delta("c")]
    assert sse_messages(events) == b"".join(map(sse_message, events))
    assert sse_messages([]) == b""


def test_large_events_come_in_pieces() -> None:
    events = [*map(delta, "abc"), delta("x" * PIECE), *map(delta, "de")]
    thought = ReasoningTextDelta(item_id="rs_1", output_index=0, content_index=0, delta="y" * PIECE, sequence_number=4)
    for several in (events, [thought, thought, *events, thought], [thought], events[:1]):
        pieces = list(sse_pieces(several))
        assert b"".join(piece for piece, _ in pieces) == sse_messages(several)
        assert [last for _, last in pieces] == [False] * (len(pieces) - 1) + [True]
    assert len(list(sse_pieces([thought, thought, *events, thought]))) == 4


class Behind:
    """A client that is behind from the first piece on."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.waited_at: list[int] = []
        self.behind = True
        self.ready = False

    async def send(self, message: Message) -> None:
        """A message of ASGI."""
        if message["type"] == "http.response.body":
            self.taken.append(len(message["body"]))

    async def room(self) -> None:
        """There is some when it is asked for."""
        self.waited_at.append(len(self.taken))


async def test_each_piece_waits_until_the_client_has_taken_the_last_also_in_the_first_write() -> None:
    client = Behind()
    stream = EventStream(client.send, client.send, {})
    stream.writer = cast("BodyWriter", client)
    large = ReasoningTextDelta(item_id="rs_1", output_index=0, content_index=0, delta="y" * PIECE, sequence_number=4)
    await stream.emit([large, large, large])
    assert (len(client.taken), client.waited_at) == (3, [1, 2])
    await stream.emit([large])
    assert client.waited_at == [1, 2, 3]


@pytest.mark.parametrize("said", ["", "a", "é" * 15, "x" * 16, "x" * 1000])
def test_padding_tells_nothing_but_the_rough_size(said: str) -> None:
    event = delta(said)
    obfuscate([event], lambda: "p" * 32)
    assert (len(event.delta) + len(event.obfuscation or "")) % 16 == 0


def test_every_kind_of_delta_is_padded() -> None:
    call = FunctionCallArgumentsDelta(item_id="fc_1", output_index=0, delta="{}", sequence_number=4)
    thought = ReasoningTextDelta(item_id="rs_1", output_index=0, content_index=0, delta="Hm", sequence_number=4)
    obfuscate([call, thought], lambda: "p" * 32)
    assert call.obfuscation
    assert thought.obfuscation


@pytest.fixture(scope="module")
def pinging(shared_upstream: ScriptedUpstream) -> Iterator[RunningServer]:
    with running_server("--upstream", f"scripted={shared_upstream.url}", "--ping-every", "0.2") as server:
        yield server


@pytest.fixture
def scene(pinging: RunningServer, shared_upstream: ScriptedUpstream, stage: Stage) -> Scene:
    return Scene(pinging, shared_upstream, stage.script)


def test_a_silent_stream_is_kept_open_with_comments(scene: Scene) -> None:
    gate = Gate()
    scene.play(text("Hel", "lo!").held(gate, at=2))
    body = {"model": "scripted/m", "input": "?", "stream": True}
    with scene.server.http.stream("POST", "/responses", json=body) as answer:
        parts, read = answer.iter_bytes(), b""
        while read.count(PING) < 3:
            read += next(parts)
        gate.open()
        read += b"".join(parts)
    assert b"".join(itertools.chain(read.split(PING))).count(b"ping") == 0
    assert judge_stream(read)["status"] == "completed"


def test_a_stream_that_speaks_has_none(scene: Scene) -> None:
    chunk = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
    scene.play(raw([*[step for _ in range(20) for step in (chunk, Pause(0.03))], b"data: [DONE]\n\n"]))
    assert PING not in scene.stream().body


def test_an_answer_as_json_has_none(scene: Scene) -> None:
    scene.play(text("Hello!").timed(before_body=0.7))
    answer = scene.answer()
    assert answer.text == "Hello!"
    assert b"ping" not in answer.body


def test_a_passed_through_stream_has_none(scene: Scene) -> None:
    scene.play(text("Hello!").timed(before_body=0.7))
    body = {"model": "scripted/m", "messages": [{"role": "user", "content": "?"}], "stream": True}
    assert b"ping" not in scene.server.post(body, "/chat/completions").body


def test_recording_has_them_and_replay_none(shared_upstream: ScriptedUpstream, stage: Stage) -> None:
    flags = ["--upstream", f"scripted={shared_upstream.url}", "--ping-every", "0.2", "--cassette", "tape.jsonl"]
    with running_server(*flags, "--mode", "record") as server:
        scene = Scene(server, shared_upstream, stage.script)
        scene.play(text("Hello!").timed(before_body=0.7))
        recorded = scene.stream()
        assert PING in recorded.body
        with running_server(
            "--cassette", str(server.folder / "tape.jsonl"), "--mode", "replay", "--ping-every", "0.2"
        ) as fresh:
            replayed = Scene(fresh, shared_upstream, []).stream()
    assert PING not in replayed.body
    assert recorded.body.replace(PING, b"") == replayed.body
