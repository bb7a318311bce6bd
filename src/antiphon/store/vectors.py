"""The `Vectors` protocol and its rows: vector stores, their files in batches, the passages of these, and searches.

A file is attached, and waits; whoever reads files holds it for a time (`hold`), and hands its passages over in one
piece (`finish`), so that a passage is there once or not at all. Not here: reading (`runner/ingest.py`), ranking
(`retrieval/rank.py`). Counterparts: `sql_vectors.py`, and `tests/store/test_vectors.py`, which runs on every store.

Errors of every method are those of `base.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from antiphon.store.pages import Page, PageQuery

Attributes = Mapping[str, str | float | bool]
FileStatus = Literal["in_progress", "completed", "cancelled", "failed"]
Fault = Literal["server_error", "unsupported_file", "invalid_file"]
DAY = 86_400


class FileCounts(Struct, frozen=True, kw_only=True):
    """How many files there are of each status."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.in_progress + self.completed + self.failed + self.cancelled


class VectorStore(Struct, frozen=True, kw_only=True):
    """A vector store; times in Unix seconds. `counts` and `usage_bytes` are what its files come to.

    `model` and `dimension` are those of its vectors; the dimension is 0 until the first are made. One that `follows`
    is read again when the server gets another model.
    """

    id: str
    created_at: int
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = {}
    expires_days: int | None = None
    last_active_at: int
    model: str = ""
    dimension: int = 0
    follows: bool = True
    counts: FileCounts = FileCounts()
    usage_bytes: int = 0

    @property
    def expires_at(self) -> int | None:
        """When its time is over; None for never."""
        return None if self.expires_days is None else self.last_active_at + self.expires_days * DAY


class VectorFile(Struct, frozen=True, kw_only=True):
    """A file in a vector store; its id is the file's. `fault` and `message` say why it failed."""

    id: str
    created_at: int
    filename: str
    status: FileStatus = "in_progress"
    usage_bytes: int = 0
    attributes: Attributes = {}
    fault: Fault | None = None
    message: str | None = None
    most_tokens: int
    overlap_tokens: int


class Batch(Struct, frozen=True, kw_only=True):
    """Files that were attached together."""

    id: str
    created_at: int
    cancelled: bool = False
    counts: FileCounts = FileCounts()


class Held(Struct, frozen=True, kw_only=True):
    """A file that its holder is to read: whose it is, how it is to be cut, and what its vectors must be like."""

    key: int
    project: str
    store_id: str
    file_id: str
    most_tokens: int
    overlap_tokens: int
    store: int
    model: str
    dimension: int
    owner: str


class NewPassage(Struct, frozen=True, kw_only=True):
    """A passage that is to be kept; `above` are words that it is found by beside its own; `vector` is of length 1."""

    number: int
    start: int
    end: int
    text: str
    above: str = ""
    heading: tuple[str, ...] = ()
    page: int | None = None
    vector: tuple[float, ...] | bytes = b""


class FilePassage(Struct, frozen=True):
    """A passage as a file's content is told: from `start` to `end` of its text."""

    number: int
    start: int
    end: int
    text: str


class Search(Struct, frozen=True, kw_only=True):
    """One query to one store: `words` may be empty, and so may `vector` (float32, as bytes).

    `wanted` says which files count, by their attributes; None is all. Each order has at most `limit` passages.
    """

    words: str
    vector: bytes
    wanted: Callable[[Attributes], bool] | None = None
    limit: int = 50


class Orders(Struct, frozen=True):
    """The keys of passages, the best first: by their vectors, and by their words."""

    near: list[int]
    words: list[int]


class FoundPassage(Struct, frozen=True, kw_only=True):
    """A passage with its file."""

    key: int
    text: str
    page: int | None
    heading: tuple[str, ...]
    start: int
    end: int
    number: int
    file_id: str
    filename: str
    attributes: Attributes


class Vectors(Protocol):
    """What a server keeps of vector stores, by project."""

    async def ready(self) -> None:
        """Raise `StoreFault` where this database can't compare vectors, saying what it lacks."""

    async def create(self, project: str, store: VectorStore) -> None:
        """Keep a new store. Raises `InvalidRequest` when its id is there already."""

    async def get(self, project: str, store_id: str, *, counted: bool = True) -> VectorStore:
        """One store, with its counts unless they don't matter."""

    async def list_all(self, project: str, page: PageQuery) -> Page[VectorStore]:
        """Stores by `created_at`, equal ones as they were made."""

    async def update(self, project: str, store: VectorStore) -> VectorStore:
        """Replace name, metadata, `expires_days` and `last_active_at` of the store with this id."""

    async def set_model(self, project: str, store_id: str, model: str) -> None:
        """Have all files of a store read again, for vectors of this model."""

    async def touch(self, project: str, store_id: str, now: int) -> None:
        """Note that the store is in use."""

    async def delete(self, project: str, store_id: str) -> None:
        """Remove the store, with what it knows of its files."""

    async def attach(
        self, project: str, store_id: str, files: Sequence[VectorFile], batch: Batch | None = None
    ) -> None:
        """Add files that are to be read; one that is there already is read anew."""

    async def file(self, project: str, store_id: str, file_id: str) -> VectorFile:
        """One file of the store."""

    async def files(
        self, project: str, store_id: str, page: PageQuery, status: str = "", batch_id: str = ""
    ) -> Page[VectorFile]:
        """Files by `created_at`; those with a status, and those of a batch, where they are said."""

    async def set_attributes(self, project: str, store_id: str, file_id: str, attributes: Attributes) -> VectorFile:
        """Replace the attributes of a file."""

    async def detach(self, project: str, store_id: str, file_id: str) -> None:
        """Take a file out of the store; the file itself stays."""

    async def forget(self, project: str, file_id: str) -> None:
        """Take a file that is deleted out of every store; without effect where it is in none."""

    async def content(self, project: str, store_id: str, file_id: str) -> list[FilePassage]:
        """The passages of a file in their order."""

    async def batch(self, project: str, store_id: str, batch_id: str) -> Batch:
        """One batch with its counts."""

    async def cancel(self, project: str, store_id: str, batch_id: str) -> Batch:
        """Leave out what of a batch wasn't read yet."""

    async def hold(self, owner: str, until: float, limit: int) -> list[Held]:
        """The files of all projects that wait longest, which nobody else gets until that time."""

    async def hold_longer(self, owner: str, until: float) -> None:
        """The owner is still at work on what it holds."""

    async def let_go(self, held: Held) -> None:
        """Somebody else may read this file."""

    async def finish(self, held: Held, passages: Sequence[NewPassage], dimension: int) -> bool:
        """Keep what was read of a file, at once or not at all.

        False where the file isn't held any more, or its store has vectors of another model by now.
        """

    async def fail(self, held: Held, fault: Fault, message: str) -> None:
        """Note that a file can't be read, and why."""

    async def waiting(self) -> int:
        """How many files of all projects are to be read yet."""

    async def follow(self, model: str) -> int:
        """Have the stores that follow the server's model read again for this one; how many."""

    async def sweep(self, now: int, limit: int) -> int:
        """Empty at most `limit` stores whose time is over; how many."""

    async def search(self, project: str, store_id: str, search: Search) -> Orders:
        """What of a store comes nearest, in two orders."""

    async def passages(self, project: str, store_id: str, keys: Sequence[int]) -> list[FoundPassage]:
        """These passages of a store, in the order of the keys; those that are gone are left out."""
