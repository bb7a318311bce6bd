"""Embeddings and answers of file_search on a cassette: the same without the servers that made them."""

from pathlib import Path
from typing import Any

from embedding_server import MODEL, PATHS, TOML
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream, text, tool_call


def searched(server: RunningServer) -> tuple[str, list[Any]]:
    """What an answer said and cited, about a file that was read just before."""
    client = server.client
    store = client.vector_stores.create(name="pets")
    read = client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("cats.md", b"Cats purr."), poll_interval_ms=50
    )
    assert (read.status, read.last_error) == ("completed", None)
    tool: Any = {"type": "file_search", "vector_store_ids": [store.id]}
    response = client.responses.create(model="up/m", input="Why?", tools=[tool])
    message = response.output[1]
    assert message.type == "message"
    part = message.content[0]
    assert part.type == "output_text"
    return part.text, [(one.type, getattr(one, "filename", "")) for one in part.annotations]


def test_a_search_is_replayed_without_the_servers(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(TOML)
    script = [tool_call("file_search", '{"query": "purr"}'), text("They purr [cite:1].")]
    with (
        ScriptedUpstream(*script, models=["m", MODEL], paths=PATHS) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--cassette", "tape", folder=tmp_path) as server,
    ):
        recorded = searched(server)
    with running_server("--cassette", "tape", "--mode", "replay", folder=tmp_path) as server:
        assert searched(server) == recorded == ("They purr .", [("file_citation", "cats.md")])
