"""A refusal is no fault: the shared server ends without a word on standard error."""

import pytest
from running_server import Scene, running_server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def test_a_refused_handshake_is_not_logged(scene: Scene) -> None:
    with running_server("--upstream", f"scripted={scene.upstream.url}") as server:
        host, port = server.address
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(f"ws://{host}:{port}/v1/responses", origin="http://evil.example", proxy=None),  # type: ignore[arg-type] # its own str
        ):
            pass
        assert refused.value.response.headers["content-type"] == "application/json"
