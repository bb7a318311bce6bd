"""Embeddings of a server: batches out, vectors back in the order that was asked, and answers that are refused."""

import base64
import struct
from typing import Any

import msgspec
import pytest

from antiphon.errors import UpstreamGarbage
from antiphon.retrieval.embedding import Embedder
from antiphon.retrieval.remote import RemoteEmbedder, batches, read_vectors


def answer(*rows: tuple[int, Any]) -> bytes:
    told = [{"object": "embedding", "index": index, "embedding": embedding} for index, embedding in rows]
    return msgspec.json.encode({"object": "list", "data": told, "model": "m", "usage": {"prompt_tokens": 1}})


class Server:
    """Answers with a text's length and place, the rows in the wrong order."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def ask(self, body: dict[str, Any]) -> bytes:
        self.bodies.append(body)
        rows = [(place, [float(len(text)), 0.0, 3.0]) for place, text in enumerate(body["input"])]
        return answer(*reversed(rows))


async def test_texts_are_sent_in_batches_and_come_back_in_order() -> None:
    server = Server()
    embedder: Embedder = RemoteEmbedder("m", server.ask)
    assert embedder.dimension == 0
    vectors = await embedder.embed(["four", " ", *("x" * n for n in range(1, 39))])
    assert [len(body["input"]) for body in server.bodies] == [32, 8]
    assert server.bodies[0]["input"][:3] == ["four", "-", "x"]
    assert server.bodies[0].keys() == {"model", "input", "encoding_format"}
    assert embedder.dimension == 3
    assert vectors[0].tolist() == pytest.approx([0.8, 0.0, 0.6])
    assert vectors.shape == (40, 3)
    assert (await embedder.embed([])).shape == (0, 3)


async def test_a_dimension_can_be_asked_for() -> None:
    server = Server()
    await RemoteEmbedder("m", server.ask, 3).embed(["a"])
    assert server.bodies[0]["dimensions"] == 3
    with pytest.raises(UpstreamGarbage, match="vectors of 3 numbers, and before of 4"):
        await RemoteEmbedder("m", server.ask, 4).embed(["a"])


def test_a_batch_has_a_bound_of_tokens_too() -> None:
    long = "word " * 60_000
    assert [len(batch) for batch in batches([long, long, "a", "b", long])] == [1, 3, 1]
    assert list(batches([])) == []


def test_base64_is_read() -> None:
    data = base64.b64encode(struct.pack("<2f", 1.5, -2.0)).decode()
    assert read_vectors(answer((0, data)), "m", 1).tolist() == [[1.5, -2.0]]


def test_rows_without_a_number_are_in_the_order_of_the_texts() -> None:
    assert read_vectors(b'{"data":[{"embedding":[1]},{"embedding":[2]}]}', "m", 2).tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<html>", "can't be read"),
        (b'{"data": ' + b"[" * 100_000, "can't be read"),
        (b'{"error": {}}', "can't be read"),
        (answer((0, "?")), "can't be read"),
        (answer((0, [1.0])), "asked for 2 embeddings and gave 1"),
        (answer((0, [1.0]), (0, [2.0])), "asked for 2 embeddings and gave 2"),
        (answer((0, [1.0]), (1, [2.0, 3.0])), "of several lengths"),
        (answer((0, []), (1, [])), "without numbers"),
        (answer((0, [1e39]), (1, [1.0])), "without numbers"),
        (answer((0, base64.b64encode(struct.pack("<f", float("nan"))).decode()), (1, [1.0])), "without numbers"),
    ],
)
def test_an_answer_of_another_form_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(UpstreamGarbage, match=says):
        read_vectors(data, "m", 2)
