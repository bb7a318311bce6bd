"""A program that saves answers as fast as it can and prints the id of each once it is told that it is saved.

`python store_writer.py URL NAME [COUNT]`: answers `NAME-0`, `NAME-1`…, every second one in the conversation
`NAME-conv`, eight at a time, without end unless COUNT says so. Each has two items in and two out, the last of them
an image. Counterpart: `store/test_sql_store.py`, which kills it.
"""

import asyncio
import itertools
import os
import sys
from collections.abc import Iterator

from antiphon.store.base import Conversation, OpenStore
from antiphon.store.open import open_store
from antiphon.wire.answers import Answer, StoredItem

AT_ONCE = 8


def image(number: int) -> bytes:
    """One of a few images, as an item's JSON."""
    return b'{"image_url":"data:image/png;base64,' + b"ABCD"[number % 4 :][:1] * 5000 + b'"}'


def answer(name: str, number: int) -> Answer:
    """The answer with this number."""
    items = [StoredItem(f"{name}-{number}-{place}", b'{"place":%d}' % place) for place in range(3)]
    return Answer(
        id=f"{name}-{number}",
        created_at=number,
        status="completed",
        model="m",
        conversation_id=f"{name}-conv" if number % 2 else None,
        body=b'{"number":%d}' % number,
        input=tuple(items[:2]),
        output=(items[2], StoredItem(f"{name}-{number}-3", image(number))),
    )


async def save(store: OpenStore, name: str, numbers: Iterator[int]) -> None:
    """Save and say so, one after the other."""
    for number in numbers:
        await store.save_answer("default", answer(name, number))
        os.write(1, f"{name}-{number}\n".encode())


async def main(url: str, name: str, count: int | None) -> None:
    """Save until the end, if there is one."""
    store = await open_store(url)
    await store.create_conversation("default", Conversation(id=f"{name}-conv", created_at=0, metadata={}))
    numbers = iter(range(count)) if count else itertools.count()
    await asyncio.gather(*(save(store, name, numbers) for _ in range(AT_ONCE)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None))
