"""What reads bytes from elsewhere, under whatever bytes: it answers in order or says in our own words what is wrong."""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fuzzing.fuzz import JSON, fuzz, spoiled
from hypothesis import strategies as st
from running_server import RunningServer, running_server

from antiphon.cassettes.open import read_cassette
from antiphon.engine.dialects import dialect
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed
from antiphon.errors import AntiphonError
from antiphon.server.limits import check_nesting
from antiphon.sources import seeded
from antiphon.testing import ScriptedUpstream, text
from antiphon.upstream.chat_stream import ChunkReader, CompletionReader
from antiphon.upstream.sse import Decoder

pytestmark = [
    # What tries many inputs isn't traced: plain tests show which lines run.
    pytest.mark.no_cover,
    pytest.mark.parametrize("long", [False, pytest.param(True, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]),
]

CHUNK = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
STREAM = (
    CHUNK + b'{"role":"assistant","content":"H\xc3\xa9"},"finish_reason":null}]}\n\n'
    + CHUNK + b'{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}\r\n\r\n'
    + b': ping\n\nevent: error\ndata: {"error":{"message":"x"}}\n\ndata: [DONE]\n\n'
)  # fmt: skip
WORDS = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b": x",
        b"event: error\n",
        b"[DONE]",
        b"\xef\xbb\xbf",
        b"{",
        b"}",
    ]
)
EVENTS = st.lists(WORDS | st.binary(max_size=8), max_size=24).map(b"".join)
CUTS = st.lists(st.integers(0, 1 << 10), max_size=8)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[one:other] for one, other in zip([0, *places], [*places, len(data)], strict=True)]


def in_pieces(feed: Callable[[bytes], list[Any]], finish: Callable[[], list[Any]], parts: list[bytes]) -> list[Any]:
    return [one for part in parts for one in feed(part)] + finish()


def test_the_decoder_of_events(*, long: bool) -> None:
    """However bytes are split, they are the same messages."""

    def same(made: tuple[bytes, list[int]]) -> None:
        data, cuts = made
        whole, split = Decoder(), Decoder()
        assert in_pieces(split.feed, split.finish, pieces(data, cuts)) == in_pieces(whole.feed, whole.finish, [data])

    fuzz(st.tuples(EVENTS | spoiled(st.just(STREAM)), CUTS), same, long=long)


def test_the_readers_of_an_upstreams_answer(*, long: bool) -> None:
    """Whatever an upstream sends is replies, faults among them, never raised: chunks, and one end."""

    def read(made: tuple[bytes, list[int]]) -> None:
        for reader in (ChunkReader(), CompletionReader()):
            replies: list[Reply] = []
            for part in pieces(*made):
                if not reader.ended:
                    replies += reader.feed(part)
            if not reader.ended:
                replies += reader.finish()
            *before, end = replies
            assert isinstance(end, UpstreamDone | UpstreamFailed)
            assert all(isinstance(reply, UpstreamChunks) for reply in before)

    fuzz(st.tuples(spoiled(st.just(STREAM)) | EVENTS, CUTS), read, long=long)


@contextlib.contextmanager
def refusing(most: int = 500) -> Iterator[None]:
    """What is asked inside may be refused, in words of ours and with a status below this."""
    told: list[AntiphonError] = []
    try:
        yield
    except AntiphonError as error:
        told.append(error)
    assert all(error.message and error.http_status < most for error in told)


ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "function_call", "function_call_output", "reasoning", "item_reference", "x"]),
        "role": st.sampled_from(["user", "assistant", "system", "developer", "x"]),
        "content": st.text(max_size=5) | st.lists(st.fixed_dictionaries({"type": st.sampled_from(["input_text", "input_image", "output_text", "input_file"])}, optional={"text": st.text(max_size=5), "image_url": JSON}), max_size=3) | JSON,
        "call_id": JSON, "name": JSON, "arguments": JSON, "output": JSON, "id": JSON, "summary": JSON,
    },
)  # fmt: skip
REQUESTS = st.fixed_dictionaries(
    {"model": st.just("m"), "input": st.text(max_size=5) | st.lists(ITEMS, max_size=4) | JSON},
    optional={
        "tools": st.lists(st.fixed_dictionaries({"type": st.sampled_from(["function", "custom", "mcp", "web_search", "x"])}, optional={"name": JSON, "parameters": JSON}), max_size=3) | JSON,
        "tool_choice": JSON, "text": JSON, "reasoning": JSON, "metadata": JSON, "include": JSON, "stream": JSON,
        "truncation": JSON, "previous_response_id": JSON, "temperature": JSON, "max_output_tokens": JSON, "prompt": JSON,
    },
)  # fmt: skip


def plain(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_the_decoder_of_requests(*, long: bool) -> None:
    """A request is read and planned, or refused in words that name a field."""

    def ask(body: bytes) -> None:
        sources = seeded("s", 1000.0)
        with refusing():
            check_nesting(body)
            asked = read_request(body, sources)
            make_plan(asked, [], Place("up", "m", dialect("generic")), sources, Notes(), Own())

    fuzz(REQUESTS.map(plain) | spoiled(REQUESTS.map(plain)) | JSON.map(plain), ask, long=long)


TAPE = (Path(__file__).resolve().parents[2] / "examples" / "demo.jsonl").read_bytes()


def test_the_reader_of_cassettes(tmp_path: Path, *, long: bool) -> None:
    """A file is read, or refused as a cassette."""
    path = tmp_path / "tape.jsonl"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        for index in tmp_path.glob("tape.jsonl.*"):
            index.unlink()
        with refusing(most=600):
            for interaction in read_cassette(path).interactions:
                assert interaction.load().chunks is not None

    fuzz(spoiled(st.just(TAPE)) | st.binary(max_size=200), read, long=long)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with (
        ScriptedUpstream(default=text("One."), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}") as made,
    ):
        yield made


HANDSHAKE = (
    "GET /v1/responses HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CREATE = json.dumps({"type": "response.create", "model": "scripted/m", "input": "Hello?"}).encode()
MESSAGES = st.sampled_from(
    [CREATE, b"{}", b"[]", b'{"type":"response.steer"}', b'{"type":"response.create"}', b"\xff\xfe"]
)


def frame(kind: int, data: bytes, *, whole: bool = True) -> bytes:
    """A frame of a client, masked with zeros."""
    length = len(data)
    size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2)
    return bytes([(0x80 if whole else 0) | kind]) + size + bytes(4) + data


FRAMES = st.lists(
    st.builds(frame, st.integers(0, 15), MESSAGES | spoiled(MESSAGES) | st.binary(max_size=130), whole=st.booleans()),
    min_size=1, max_size=5,
).map(b"".join)  # fmt: skip


def test_the_frames_of_a_socket(server: RunningServer, *, long: bool) -> None:
    """Whatever a client sends, its connection ends or goes on, and the server answers others."""
    host, port = server.address

    def send(data: bytes) -> None:
        with socket.create_connection((host, port), 60) as raw:
            raw.sendall(HANDSHAKE.format(host, port).encode())
            assert raw.recv(65536).startswith(b"HTTP/1.1 101")
            with contextlib.suppress(ConnectionError):
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass

    fuzz(FRAMES | spoiled(FRAMES), send, long=long)
    assert server.post({"model": "scripted/m", "input": "Hello?"}).status == 200
