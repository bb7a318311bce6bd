"""Vector stores as the API shows them, and what a request says of files. Not here: HTTP (`routes/vector_stores.py`)."""

from collections.abc import Mapping, Sequence

from antiphon.engine.plan import Plan
from antiphon.errors import InvalidRequest
from antiphon.retrieval.chunking import Chunking
from antiphon.server.retrieval import TOOL, Retrieval
from antiphon.store import vectors
from antiphon.store.vectors import Batch, VectorFile, VectorStore
from antiphon.tools.searching import Where, read_wanted
from antiphon.wire.file_search import FileSearchTool
from antiphon.wire.vector_stores import (
    ExpiresAfter,
    FileBatch,
    FileCounts,
    LastError,
    VectorStoreFile,
    VectorStoreObject,
)

KEYS, KEY_LENGTH, VALUE_LENGTH = 16, 64, 512
PLACES = 6
"""Decimal places of a score."""


async def check_searches(retrieval: Retrieval, project: str, plan: Plan) -> None:
    """Raise what is wrong with the stores and filters of a request's tool, before anything is asked of a model."""
    for binding in plan.bindings.values():
        tool = binding.about.get("search")
        if binding.runs == TOOL and isinstance(tool, FileSearchTool):
            read_wanted([], tool.filters, tool.ranking_options, tool.max_num_results)
            await retrieval.searching.check(Where(project, tool.vector_store_ids))


def store_object(store: VectorStore, now: float) -> VectorStoreObject:
    """A store as the API shows it."""
    days, over = store.expires_days, store.expires_at is not None and store.expires_at <= now
    return VectorStoreObject(
        id=store.id,
        created_at=store.created_at,
        name=store.name,
        description=store.description,
        usage_bytes=store.usage_bytes,
        file_counts=counted(store.counts),
        status="expired" if over else "in_progress" if store.counts.in_progress else "completed",
        expires_after=None if days is None else ExpiresAfter(anchor="last_active_at", days=days),
        expires_at=store.expires_at,
        last_active_at=store.last_active_at,
        metadata=store.metadata,
    )


def file_object(store_id: str, file: VectorFile) -> VectorStoreFile:
    """A file of a store as the API shows it."""
    error = None if file.fault is None else LastError(code=file.fault, message=file.message or "")
    return VectorStoreFile(
        id=file.id,
        created_at=file.created_at,
        vector_store_id=store_id,
        status=file.status,
        usage_bytes=file.usage_bytes,
        last_error=error,
        attributes=dict(file.attributes),
        chunking_strategy=Chunking(file.most_tokens, file.overlap_tokens).told(),
    )


def batch_object(store_id: str, batch: Batch) -> FileBatch:
    """A batch as the API shows it; one whose files all failed has failed."""
    counts = batch.counts
    if batch.cancelled:
        status = "cancelled"
    elif counts.in_progress:
        status = "in_progress"
    else:
        status = "failed" if counts.total and counts.failed == counts.total else "completed"
    return FileBatch(
        id=batch.id,
        created_at=batch.created_at,
        vector_store_id=store_id,
        status=status,  # type: ignore[arg-type] # one of the words above
        file_counts=counted(counts),
    )


def counted(counts: vectors.FileCounts) -> FileCounts:
    """Counts as the API shows them."""
    return FileCounts(
        in_progress=counts.in_progress,
        completed=counts.completed,
        failed=counts.failed,
        cancelled=counts.cancelled,
        total=counts.total,
    )


def check_attributes(attributes: Mapping[str, object] | None, param: str = "attributes") -> None:
    """Raise `InvalidRequest` for more attributes than the API takes, or longer ones."""
    if attributes is None:
        return
    if len(attributes) > KEYS:
        raise InvalidRequest(f"'{param}' has {len(attributes)} keys; the most is {KEYS}.", param=param)
    for key, value in attributes.items():
        if len(key) > KEY_LENGTH or (isinstance(value, str) and len(value) > VALUE_LENGTH):
            raise InvalidRequest(
                f"'{param}.{key[:KEY_LENGTH]}' is too long: a key has at most {KEY_LENGTH} characters, a text "
                f"{VALUE_LENGTH}.",
                param=param,
            )


def only_once(file_ids: Sequence[str], param: str) -> None:
    """Raise `InvalidRequest` where a file is named twice."""
    for place, file_id in enumerate(file_ids):
        if file_id in file_ids[:place]:
            raise InvalidRequest(f"'{param}[{place}]' names '{file_id}' a second time.", param=f"{param}[{place}]")
