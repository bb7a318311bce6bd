"""Rows of vector stores: what they come to."""

from sample_vectors import made

from antiphon.store.vectors import FileCounts


def test_counts_are_added_up() -> None:
    assert FileCounts(in_progress=1, completed=2, failed=3, cancelled=4).total == 10


def test_the_time_of_a_store_counts_from_its_last_use() -> None:
    assert made().expires_at is None
    assert made(expires_days=2, last_active_at=100).expires_at == 100 + 2 * 86_400
