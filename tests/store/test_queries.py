"""The named statements: how a file is read, and that both dialects have the same ones with the same parameters."""

from antiphon.store.queries import PARAMETER, Query, load, parse

OWN = {
    "sqlite": {"count_passages_with_words", "passages_of_files_with_words", "vectors_of_files"},
    "postgres": {
        "common_words", "drop_vector_index", "has_vector_index", "hold_vector_index", "hold_vector_index_briefly", "make_vector_extension",
        "make_vector_index", "nearest", "nearest_by_index", "nearest_of_files", "nearest_of_files_by_index",
        "passages_of_few_files_with_words", "passages_with_all_words", "vector_schema", "vector_store_is_there",
    },
}  # fmt: skip
"""What only one of them has: each compares vectors (`near.py`, `pgvector.py`) and finds words in its own way."""
WORDS = "_with_words"
"""SQLite's index of words is of all stores together; what it finds is told apart by its rows."""


def test_a_file_of_statements() -> None:
    text = "-- About the file.\n\n-- name: one\n-- What it does,\n-- on two lines.\nSELECT :a\nFROM t;\n\n-- name: two\n-- More.\nDELETE;\n"
    assert parse(text) == [
        Query("one", "What it does, on two lines.", "SELECT :a\nFROM t"),
        Query("two", "More.", "DELETE"),
    ]


def test_parameters_are_numbered_by_first_use_and_casts_left_alone() -> None:
    query = Query("q", "", "SELECT :b::text, :a, :b, '::x'")
    assert query.numbered() == ("SELECT $1::text, $2, $1, '::x'", ("b", "a"))


def test_both_dialects_have_the_same_statements_with_the_same_parameters() -> None:
    sqlite, postgres = load("sqlite"), load("postgres")
    assert set(sqlite) - set(postgres) == OWN["sqlite"]
    assert set(postgres) - set(sqlite) == OWN["postgres"]
    for name, query in sqlite.items():
        if name in postgres and not name.endswith(WORDS):
            assert set(PARAMETER.findall(query.sql)) == set(PARAMETER.findall(postgres[name].sql)), name


def test_every_statement_is_described_once() -> None:
    for query in (*load("sqlite").values(), *load("postgres").values()):
        assert query.about.endswith("."), query.name
        assert ";" not in query.sql, query.name
