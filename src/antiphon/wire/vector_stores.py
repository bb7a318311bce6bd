"""Vector stores, their files and batches on the wire. Source: API reference, "Vector stores".

`provider_id`, `embedding_model` and `embedding_dimension` are what llama-stack's clients send besides. Not here: the
tool (`file_search.py`). Counterpart: `server/routes/vector_stores.py`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from antiphon.wire.file_search import MOST_RESULTS, RankingOptions

Attributes = dict[str, str | int | float | bool]
Metadata = dict[str, str]
MOST_FILES = 2_000
"""Files of one batch."""


class ExpiresAfter(msgspec.Struct, kw_only=True):
    """A store expires so many days after it was last used."""

    anchor: Literal["last_active_at"]
    days: Annotated[int, Meta(ge=1, le=365)]


class CreateVectorStore(msgspec.Struct, kw_only=True):
    """The body that makes a store."""

    name: str | None = None
    description: str | None = None
    file_ids: Annotated[list[str], Meta(max_length=500)] | None = None
    chunking_strategy: Any = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None
    provider_id: str | None = None
    embedding_model: str | None = None
    embedding_dimension: Annotated[int, Meta(ge=1, le=16_384)] | None = None


class UpdateVectorStore(msgspec.Struct, kw_only=True):
    """What is changed of a store; what is left out stays."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    expires_after: ExpiresAfter | msgspec.UnsetType | None = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType | None = msgspec.UNSET
    embedding_model: str | None = None


class FileCounts(msgspec.Struct, kw_only=True):
    """How many files have each status."""

    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class VectorStoreObject(msgspec.Struct, kw_only=True):
    """A store; times in Unix seconds."""

    id: str
    created_at: int
    name: str
    description: str | None
    usage_bytes: int
    file_counts: FileCounts
    status: Literal["expired", "in_progress", "completed"]
    expires_after: ExpiresAfter | None
    expires_at: int | None
    last_active_at: int
    metadata: Metadata
    object: str = "vector_store"


class Deleted(msgspec.Struct, kw_only=True):
    """Something is gone; `object` says what."""

    id: str
    object: str
    deleted: bool = True


class AttachFile(msgspec.Struct, kw_only=True):
    """A file that is to be in a store."""

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: Any = None


class UpdateFile(msgspec.Struct, kw_only=True):
    """The attributes that a file has from now on."""

    attributes: Attributes | None


class AttachFiles(msgspec.Struct, kw_only=True):
    """Files that are to be in a store: by their ids alone, or each with its own attributes and sizes of passages."""

    file_ids: Annotated[list[str], Meta(max_length=MOST_FILES)] | None = None
    files: Annotated[list[AttachFile], Meta(max_length=MOST_FILES)] | None = None
    attributes: Attributes | None = None
    chunking_strategy: Any = None


class LastError(msgspec.Struct, kw_only=True):
    """Why a file couldn't be read."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


class VectorStoreFile(msgspec.Struct, kw_only=True):
    """A file in a store."""

    id: str
    created_at: int
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    usage_bytes: int
    last_error: LastError | None
    attributes: Attributes
    chunking_strategy: dict[str, Any]
    object: str = "vector_store.file"


class FileBatch(msgspec.Struct, kw_only=True):
    """Files that were attached together."""

    id: str
    created_at: int
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    file_counts: FileCounts
    object: str = "vector_store.files_batch"


class SearchStore(msgspec.Struct, kw_only=True):
    """What is searched for: one query, or several at once."""

    query: str | list[str]
    filters: dict[str, Any] | None = None
    max_num_results: Annotated[int, Meta(ge=1, le=MOST_RESULTS)] | None = None
    ranking_options: RankingOptions | None = None
    rewrite_query: bool | None = None


class TextContent(msgspec.Struct, kw_only=True):
    """A text."""

    text: str
    type: str = "text"


class FoundPassage(msgspec.Struct, kw_only=True):
    """What a search found: a passage, its file, and how well it fits, from 0 to 1."""

    file_id: str
    filename: str
    score: float
    attributes: Attributes
    content: list[TextContent]


class FoundPage(msgspec.Struct, kw_only=True):
    """All that a search found."""

    search_query: list[str]
    data: list[FoundPassage]
    object: str = "vector_store.search_results.page"
    has_more: bool = False
    next_page: str | None = None


class ContentPage(msgspec.Struct, kw_only=True):
    """A file's text, a passage each."""

    data: list[TextContent]
    object: str = "vector_store.file_content.page"
    has_more: bool = False
    next_page: str | None = None


class ListPage(msgspec.Struct, kw_only=True):
    """A page of stores, or of files."""

    data: list[VectorStoreObject] | list[VectorStoreFile]
    object: str = "list"
    first_id: str = ""
    last_id: str = ""
    has_more: bool = False
