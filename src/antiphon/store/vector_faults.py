"""The sentences in which every store refuses what concerns vector stores. Counterpart: `faults.py`."""

from collections.abc import Sequence

from antiphon.errors import InvalidRequest, NotFound, StoreFault
from antiphon.store.faults import check_texts
from antiphon.store.vectors import Attributes, Batch, VectorFile, VectorStore


def no_vector_store(store_id: str) -> NotFound:
    """This project has no such vector store."""
    return NotFound(
        f"Vector store with id '{store_id}' not found: it is unknown or was deleted.", param="vector_store_id"
    )


def no_vector_file(file_id: str, store_id: str) -> NotFound:
    """The vector store has no such file."""
    return NotFound(f"No file '{file_id}' in vector store '{store_id}'. Attach it first.", param="file_id")


def no_batch(batch_id: str, store_id: str) -> NotFound:
    """The vector store has no such batch."""
    return NotFound(f"No file batch '{batch_id}' in vector store '{store_id}'.", param="batch_id")


def no_pgvector() -> StoreFault:
    """The database can't compare vectors."""
    return StoreFault(
        "Vector stores on PostgreSQL need its extension vector (pgvector), which this database doesn't have. Install "
        "it on the database's machine, and have its owner say: CREATE EXTENSION vector."
    )


def other_dimension(store_id: str, there: int, given: int) -> InvalidRequest:
    """A query has another form than the vectors that are there."""
    return InvalidRequest(
        f"Vector store '{store_id}' has vectors of {there} numbers, and its model now gives {given}. Its files must be "
        "read again: update the store with its 'embedding_model'."
    )


def check_vector_store(store: VectorStore) -> None:
    """Raise `InvalidRequest` for a store that can't be kept."""
    check_texts((store.id, store.model), "embedding_model")
    check_texts((store.name, store.description or ""), "name")
    check_texts((*store.metadata, *store.metadata.values()), "metadata")


def check_vector_files(files: Sequence[VectorFile], batch: Batch | None) -> None:
    """Raise `InvalidRequest` for files that can't be kept."""
    check_texts((batch.id,) if batch else (), "id")
    for file in files:
        check_texts((file.id, file.filename), "file_id")
        check_attributes(file.attributes)


def check_attributes(attributes: Attributes) -> None:
    """Raise `InvalidRequest` for attributes that can't be kept."""
    check_texts((*attributes, *map(str, attributes.values())), "attributes")
