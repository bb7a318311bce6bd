"""A refusal is no fault: the shared server ends without a word on standard error."""

import socket

import pytest
from fuzzing.test_fuzz import HANDSHAKE, frame
from running_server import Scene, running_server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

ENDINGS = [
    frame(1, b"\xff") + frame(8, b""),
    frame(1, b"\xff") + frame(8, b"\x03\xe8"),
    frame(1, b"\xff") + frame(1, b"\xff"),
    frame(1, b"\xff", whole=False) + frame(8, b"") + frame(0, b"a"),
    frame(1, b"\xff") + frame(3, b""),
]
"""What isn't text, and an end in the same read."""


def test_a_refused_handshake_is_not_logged(scene: Scene) -> None:
    with running_server("--upstream", f"scripted={scene.upstream.url}") as server:
        host, port = server.address
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(f"ws://{host}:{port}/v1/responses", origin="http://evil.example", proxy=None),  # type: ignore[arg-type] # its own str
        ):
            pass
        assert refused.value.response.headers["content-type"] == "application/json"


def test_an_answer_that_nobody_can_take_any_more_is_not_logged(scene: Scene) -> None:
    """What is wrong with the first message isn't said: the frame behind it has ended the connection."""
    with running_server("--upstream", f"scripted={scene.upstream.url}") as server:
        host, port = server.address
        for said in [frame(2, b"\xff") + frame(1, b"\xff")] * 20 + ENDINGS:
            with socket.create_connection((host, port), 60) as raw:
                raw.sendall(HANDSHAKE.format(host, port).encode())
                assert raw.recv(65536).startswith(b"HTTP/1.1 101")
                raw.sendall(said)
                while raw.recv(65536):
                    pass
