"""Rows for the tests of the store: a clock that stands still, and answers that tell themselves apart."""

from collections.abc import Iterator
from itertools import count

from antiphon.wire.answers import Answer, StoredItem

PROJECT = "default"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


class Make:
    """Rows that tell themselves apart."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def item(self, item_id: str | None = None, text: str = "hello") -> StoredItem:
        item_id = item_id or f"msg_{next(self._numbers)}"
        raw = f'{{ "id":"{item_id}", "type":"message","text":"{text}", "né":null}}'
        return StoredItem(item_id, raw.encode())

    def answer(self, response_id: str, inputs: int = 1, outputs: int = 1, **fields: object) -> Answer:
        """An answer with so many new items, unless `fields` says otherwise."""
        given: dict[str, object] = {
            "id": response_id,
            "created_at": 1000,
            "status": "completed",
            "model": "ollama/qwen3",
            "body": f'{{"id": "{response_id}","output":[],"né":null}}'.encode(),
            "input": tuple(self.item() for _ in range(inputs)),
            "output": tuple(self.item() for _ in range(outputs)),
        }
        return Answer(**(given | fields))  # type: ignore[arg-type] # the fields have their own names
