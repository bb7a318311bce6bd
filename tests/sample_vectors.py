"""Vector stores for tests: a store, files that are attached and read, and what a search finds."""

import struct
from collections.abc import Sequence
from typing import Any

from sample_rows import PROJECT

from antiphon.store.base import OpenStore
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import (
    NewPassage,
    Search,
    VectorFile,
    VectorStore,
)

Kept = OpenStore
RISING = PageQuery(order="asc")


def vector(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def made(store_id: str = "vs_1", **more: Any) -> VectorStore:
    return VectorStore(**{"id": store_id, "created_at": 10, "last_active_at": 10, "model": "m", **more})


def file(file_id: str, **more: Any) -> VectorFile:
    said = {"created_at": 20, "filename": f"{file_id}.md", "most_tokens": 800, "overlap_tokens": 400}
    return VectorFile(**{"id": file_id, **said, **more})


def passages(*texts: str, at: Sequence[bytes] = ()) -> list[NewPassage]:
    spare = [vector(1, 0)] * len(texts)
    told = zip(texts, [*at, *spare[len(at) :]], strict=False)
    return [
        NewPassage(number=number, start=number, end=number + 1, text=text, vector=given)
        for number, (text, given) in enumerate(told)
    ]


async def read(store: Kept, file_id: str, *texts: str, at: Sequence[bytes] = (), **more: Any) -> None:
    """A file attached, and read."""
    await store.vectors.attach(PROJECT, "vs_1", [file(file_id, **more)])
    (held,) = await store.vectors.hold("me", 2e9, 10)
    assert await store.vectors.finish(held, passages(*texts, at=at), 2)


async def found(store: Kept, words: str = "", near: bytes = b"", **more: Any) -> tuple[list[str], list[str]]:
    """Texts by vectors, and by words."""
    orders = await store.vectors.search(PROJECT, "vs_1", Search(words=words, vector=near, **more))
    near_texts = [one.text for one in await store.vectors.passages(PROJECT, "vs_1", orders.near)]
    return near_texts, [one.text for one in await store.vectors.passages(PROJECT, "vs_1", orders.words)]


async def orders(store: Kept, words: str) -> Any:
    return await store.vectors.search(PROJECT, "vs_1", Search(words=words, vector=b""))
