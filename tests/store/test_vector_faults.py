"""What is refused of vector stores, and in which words."""

import pytest
from sample_vectors import file, made

from antiphon.errors import InvalidRequest
from antiphon.store.vector_faults import (
    check_attributes,
    check_vector_files,
    check_vector_store,
    no_batch,
    no_pgvector,
    no_vector_file,
    no_vector_store,
    other_dimension,
)
from antiphon.store.vectors import Batch


def test_faults_name_what_is_missing_and_how_to_mend_it() -> None:
    assert "'vs_1'" in no_vector_store("vs_1").message
    assert "'file-1' in vector store 'vs_1'" in no_vector_file("file-1", "vs_1").message
    assert "'vsfb_1'" in no_batch("vsfb_1", "vs_1").message
    assert "CREATE EXTENSION vector" in no_pgvector().message
    assert "vectors of 3 numbers" in other_dimension("vs_1", 3, 4).message


def test_what_no_database_can_keep_is_refused() -> None:
    check_vector_store(made(name="n"))
    check_vector_files([file("file-1", attributes={"a": 1, "b": "c"})], Batch(id="b", created_at=1))
    for wrong in ({"name": "\x00"}, {"metadata": {"\ud800": "a"}}, {"model": "m" * 600}):
        with pytest.raises(InvalidRequest):
            check_vector_store(made(**wrong))
    with pytest.raises(InvalidRequest):
        check_vector_files([file("file-1", attributes={"a": "\x00"})], None)
    with pytest.raises(InvalidRequest):
        check_attributes({"\x00": 1})
