"""Vector stores as the API shows them. The whole way: tests/state/test_vector_stores.py."""

import pytest

from antiphon.errors import InvalidRequest
from antiphon.server.vector_stores import batch_object, check_attributes, file_object, only_once, store_object
from antiphon.store.vectors import DAY, Batch, FileCounts, VectorFile, VectorStore

STORE = VectorStore(id="vs_1", created_at=1, last_active_at=10, expires_days=1)


def test_the_status_of_a_store() -> None:
    assert store_object(STORE, 10).status == "completed"
    busy = VectorStore(id="vs_1", created_at=1, last_active_at=1, counts=FileCounts(in_progress=1, failed=1))
    assert store_object(busy, 1e9).status == "in_progress"
    over = store_object(STORE, 10 + DAY)
    assert (over.status, over.expires_at) == ("expired", 10 + DAY)
    assert over.expires_after
    assert over.expires_after.days == 1


@pytest.mark.parametrize(
    ("counts", "cancelled", "status"),
    [
        (FileCounts(in_progress=1, completed=1), False, "in_progress"),
        (FileCounts(completed=1, failed=1), False, "completed"),
        (FileCounts(failed=2), False, "failed"),
        (FileCounts(), False, "completed"),
        (FileCounts(cancelled=2), True, "cancelled"),
    ],
)
def test_the_status_of_a_batch(counts: FileCounts, *, cancelled: bool, status: str) -> None:
    shown = batch_object("vs_1", Batch(id="vsfb_1", created_at=1, cancelled=cancelled, counts=counts))
    assert (shown.status, shown.file_counts.total) == (status, counts.total)


def test_a_file_says_why_it_failed_and_how_it_is_cut() -> None:
    file = VectorFile(id="file-1", created_at=1, filename="a", most_tokens=800, overlap_tokens=400, status="completed")
    shown = file_object("vs_1", file)
    assert shown.last_error is None
    assert shown.chunking_strategy["static"]["max_chunk_size_tokens"] == 800
    failed = VectorFile(
        id="file-1", created_at=1, filename="a", most_tokens=1, overlap_tokens=0, fault="server_error", message="m"
    )
    error = file_object("vs_1", failed).last_error
    assert error
    assert (error.code, error.message) == ("server_error", "m")


def test_attributes_have_limits_and_files_are_named_once() -> None:
    check_attributes(None)
    check_attributes({"a": "b" * 512, "n": 1, "t": True})
    for wrong in ({"k" * 65: 1}, {"k": "v" * 513}, {str(n): n for n in range(17)}):
        with pytest.raises(InvalidRequest):
            check_attributes(wrong, "files[0].attributes")
    only_once(["a", "b"], "file_ids")
    with pytest.raises(InvalidRequest, match="second time"):
        only_once(["a", "b", "a"], "file_ids")
