"""`/v1/vector_stores` of two projects, and of a server that makes no embeddings. Operations: tests/state/."""

import pytest
from running_server import RunningServer

from antiphon.errors import InvalidRequest
from antiphon.tools.embedders import NONE, Embedders


def test_more_queries_than_are_taken(shared_server: RunningServer) -> None:
    made = shared_server.client.vector_stores.create(name="n")
    answer = shared_server.post({"query": ["q"] * 33}, f"/vector_stores/{made.id}/search")
    assert (answer.status, answer.error["param"]) == (400, "query")
    answer = shared_server.post({"query": "  "}, f"/vector_stores/{made.id}/search")
    assert (answer.status, answer.error["param"]) == (400, "query")
    assert list(shared_server.client.vector_stores.search(made.id, query="nothing")) == []
    assert shared_server.client.vector_stores.delete(made.id).deleted


def test_null_is_what_was_left_out(shared_server: RunningServer) -> None:
    """LiteLLM sends every member that it knows of."""
    members = ["name", "description", "file_ids", "chunking_strategy", "expires_after", "metadata"]
    answer = shared_server.post(dict.fromkeys(members), "/vector_stores")
    assert (answer.status, answer.json["metadata"]) == (200, {})
    assert shared_server.client.vector_stores.delete(answer.json["id"]).deleted


async def test_a_server_without_embeddings_says_how_to_get_them() -> None:
    async def nobody(_: object) -> bytes:
        raise AssertionError

    with pytest.raises(InvalidRequest) as refused:
        _ = Embedders(nobody, "").default
    assert refused.value.message == NONE
