"""The embedder over a server's `/v1/embeddings`: texts in batches, and what comes back held against what was asked.

Who asks the server is handed in, so that retries, keys and cassettes are those of every other call. Not here: HTTP
(`upstream/`). Source: API reference, `POST /v1/embeddings`.
"""

import base64
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import msgspec

from antiphon.errors import UpstreamGarbage
from antiphon.retrieval.embedding import Vectors, numbers
from antiphon.retrieval.measure import count_tokens

AT_ONCE = 32
"""Texts a request: servers that have a bound of their own have at least this."""
TOKENS_AT_ONCE = 100_000
NOTHING = "-"
"""Sent for a text of white space alone, which servers refuse."""

Ask = Callable[[dict[str, Any]], Awaitable[bytes]]
"""Sends a body to `/v1/embeddings` of a model's server, and gives back the answer's."""


class _Row(msgspec.Struct):
    embedding: list[float] | str
    index: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Row]


class RemoteEmbedder:
    """An `Embedder`. `dimension` is 0 until the first answer, unless it is asked for, as some models allow."""

    def __init__(self, model: str, ask: Ask, dimension: int = 0) -> None:
        self.model = model
        self.dimension = dimension
        self._ask = ask
        self._wanted = dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        np = numbers()
        rows = [await self._batch(batch) for batch in batches(texts)]
        vectors = np.concatenate(rows) if rows else np.zeros((0, self.dimension), np.float32)
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return unit

    async def _batch(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array of an extra
        body: dict[str, Any] = {
            "model": self.model,
            "input": [text if text.strip() else NOTHING for text in texts],
            "encoding_format": "float",
        }
        if self._wanted:
            body["dimensions"] = self._wanted
        rows = read_vectors(await self._ask(body), self.model, len(texts))
        if self.dimension and rows.shape[1] != self.dimension:
            raise UpstreamGarbage(
                f"The server of '{self.model}' gave vectors of {rows.shape[1]} numbers, and before of {self.dimension}."
            )
        self.dimension = rows.shape[1]
        return rows


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in their order, as many at once as a server takes."""
    start = tokens = 0
    for place, text in enumerate(texts):
        size = count_tokens(text)
        if place - start == AT_ONCE or (place > start and tokens + size > TOKENS_AT_ONCE):
            yield texts[start:place]
            start, tokens = place, 0
        tokens += size
    if start < len(texts):
        yield texts[start:]


def read_vectors(data: bytes, model: str, count: int) -> Any:  # noqa: ANN401 - an array of an extra
    """A float32 row a text, in the texts' order. Raises `UpstreamGarbage` for an answer of another form."""
    np = numbers()
    try:
        told = msgspec.json.decode(data, type=_Answer).data
        places = [place if row.index is None else row.index for place, row in enumerate(told)]
        rows = [_numbers(told[at].embedding, np) for at in sorted(range(len(told)), key=places.__getitem__)]
    except (ValueError, RecursionError) as error:
        raise UpstreamGarbage(f"The server of '{model}' gave embeddings that can't be read: {error}.") from None
    if sorted(places) != list(range(count)):
        raise UpstreamGarbage(f"The server of '{model}' was asked for {count} embeddings and gave {len(told)}.")
    if len({len(row) for row in rows}) > 1 or not all(len(row) for row in rows) or not np.isfinite(rows).all():
        raise UpstreamGarbage(f"The server of '{model}' gave embeddings of several lengths, or without numbers.")
    return np.array(rows, np.float32)


def _numbers(given: list[float] | str, np: Any) -> Any:  # noqa: ANN401 - an array of an extra
    """Some servers send base64 of float32, asked or not."""
    if isinstance(given, str):
        return np.frombuffer(base64.b64decode(given, validate=True), "<f4")
    with np.errstate(over="ignore"):
        # What is too large is told apart by whoever looks at all rows.
        return np.array(given, np.float32)
