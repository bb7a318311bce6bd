"""The lines of an export that are about vector stores, since version 4 of the format. Pure.

A file that was read comes in three parts, so that no line is long: its row, its passages some at a time with their
vectors, and the word that these were all. Not here: reading and writing rows (`operations/vector_records.py`).
Counterpart: `records.py`, where the other lines are.
"""

from msgspec import Struct

from antiphon.store.faults import check_texts
from antiphon.store.vector_faults import check_vector_files, check_vector_store
from antiphon.store.vectors import Batch, VectorFile, VectorStore


class VectorStoreLine(Struct, frozen=True, tag_field="kind", tag="vector_store"):
    """A vector store; what its files come to isn't in it."""

    project: str
    store: VectorStore


class VectorBatchLine(Struct, frozen=True, tag_field="kind", tag="vector_batch"):
    """A batch of files."""

    project: str
    store_id: str
    batch: Batch


class VectorFileLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="vector_file"):
    """A file of a store; `model` and `dimension` are those of the vectors that follow."""

    project: str
    store_id: str
    batch_id: str | None
    model: str
    dimension: int
    file: VectorFile


class KeptPassage(Struct, frozen=True, kw_only=True):
    """A passage with its vector (float32, the lowest byte first, as base64), if it has one."""

    number: int
    start: int
    end: int
    page: int | None
    heading: list[str]
    above: str
    text: str
    vector: bytes = b""


class PassagesLine(Struct, frozen=True, tag_field="kind", tag="passages"):
    """Some passages of a file."""

    project: str
    store_id: str
    file_id: str
    passages: list[KeptPassage]


class VectorFileReadLine(Struct, frozen=True, tag_field="kind", tag="vector_file_read"):
    """All passages of the file have been told; how many there were."""

    project: str
    store_id: str
    file_id: str
    passages: int
    usage_bytes: int


VectorRecord = VectorStoreLine | VectorBatchLine | VectorFileLine | PassagesLine | VectorFileReadLine


def check_vectors(record: VectorRecord) -> None:
    """Raise what saving it would raise."""
    match record:
        case VectorStoreLine():
            check_vector_store(record.store)
        case VectorBatchLine():
            check_vector_files((), record.batch)
        case VectorFileLine():
            check_vector_files((record.file,), None)
            check_texts((record.file.message or "",), "message")
        case PassagesLine():
            check_texts([text for one in record.passages for text in (one.text, one.above, *one.heading)], "passages")
        case VectorFileReadLine():
            check_texts((record.file_id,), "file_id")
