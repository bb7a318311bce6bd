"""Which files a search finds through a filter: on every store those that a plain model names.

The model reads the filter as a client sends it, and shares nothing with `retrieval/filters.py`. Not here: what a
filter may not be (`retrieval/test_filters.py`).
"""

import operator
from collections.abc import Mapping
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest
from embedding_server import NUMBERS, vector_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sample_rows import PROJECT
from sample_vectors import file, made, passages, vector

from antiphon.store.base import OpenStore
from antiphon.tools.embedders import Embedders
from antiphon.tools.searching import Searching, Where, read_wanted
from antiphon.wire.file_search import RankingOptions

Json = dict[str, Any]
NOW = 100.0
WORD = "word"
TEXTS = st.sampled_from(["", "a", "A", "1", "true", "\uffff", "\U0001f600"])
FIGURES = st.sampled_from([0, -0.0, 1, 1.0, 2.5, 1e22, 10**22, 2**53, 2**53 + 1])
VALUES = TEXTS | FIGURES | st.booleans()
KEYS = st.sampled_from(["a", "\xe9.$"])
ATTRIBUTES = st.dictionaries(KEYS, VALUES)
FILES = st.lists(st.tuples(ATTRIBUTES, st.none() | ATTRIBUTES), min_size=4, max_size=8)
"""What each file is attached with, and what its attributes become afterwards."""
ORDERS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
WEIGHTS = [{"embedding_weight": 1, "text_weight": 0}, {"embedding_weight": 0, "text_weight": 1}]
STORES = count(1)
EDGES: Json = {
    "files": [({"a": 2**53 + 1}, None), ({"a": 2**53}, None), ({"a": "\uffff"}, None), ({"a": "\U0001f600"}, None)],
    "filters": [
        {"type": kind, "key": "a", "value": value}
        for kind in ("eq", "gt", "lte")
        for value in (2**53, 2**53 + 1, float(2**53), "\uffff", "\U0001f600")
    ],
}
"""Numbers that are the same as 64-bit floats, and texts whose order is another one in UTF-16."""
UNHURRIED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def comparison(types: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({"type": st.sampled_from(types), "key": KEYS, "value": values})


FILTERS: st.SearchStrategy[Json] = st.recursive(
    comparison(["eq", "ne"], VALUES)
    | comparison(list(ORDERS), TEXTS | FIGURES)
    | comparison(["in", "nin"], st.lists(VALUES, max_size=4)),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["and", "or"]), "filters": st.lists(inner, min_size=1, max_size=3)}
    ),
    max_leaves=6,
)


def passes(told: Json, attributes: Mapping[str, Any]) -> bool:
    """The model: a value is its kind with a place among its own; one that is missing is like no other."""
    kind = told["type"]
    if kind in {"and", "or"}:
        each = {passes(inner, attributes) for inner in told["filters"]}
        return each == {True} if kind == "and" else True in each
    own: tuple[str, Any] = placed(attributes[told["key"]]) if told["key"] in attributes else ("missing", None)
    if kind in ORDERS:
        other = placed(told["value"])
        return own[0] == other[0] and bool(ORDERS[kind](own[1], other[1]))
    others = [placed(value) for value in (told["value"] if kind in {"in", "nin"} else [told["value"]])]
    return (own in others) is (kind in {"eq", "in"})


def placed(value: Any) -> tuple[str, Any]:
    if value is True or value is False:
        return "boolean", str(value)
    return ("text", list(map(ord, value))) if isinstance(value, str) else ("number", Decimal(float(value)))


async def embed(body: Json) -> bytes:
    return msgspec.json.encode({"data": [{"index": n, "embedding": vector_of(t)} for n, t in enumerate(body["input"])]})


async def filled(store: OpenStore, files: list[tuple[Json, Json | None]]) -> tuple[str, dict[str, Json]]:
    """A new vector store of files that all fit the query alike; its id, and their attributes by their ids."""
    store_id = f"vs_{next(STORES)}"
    await store.vectors.create(PROJECT, made(store_id, created_at=int(NOW), last_active_at=int(NOW)))
    rows = [file(f"f{number}", attributes=first) for number, (first, _) in enumerate(files)]
    await store.vectors.attach(PROJECT, store_id, rows)
    for held in await store.vectors.hold("me", 2e9, len(rows)):
        assert await store.vectors.finish(held, passages(WORD, at=[vector(*vector_of(WORD))]), NUMBERS)
    return store_id, {row.id: dict(row.attributes) for row in rows}


async def agree(store: OpenStore, files: list[tuple[Json, Json | None]], filters: list[Json]) -> None:
    searching = Searching(store.vectors, Embedders(embed, "m"), None, lambda: NOW)
    store_id, kept = await filled(store, files)
    where = Where(PROJECT, [store_id])

    async def compare() -> None:
        for told in filters:
            expected = {file_id for file_id, attributes in kept.items() if passes(told, attributes)}
            for weights in WEIGHTS:
                wanted = read_wanted([WORD], told, RankingOptions(hybrid_search=weights), 50)
                hits = await searching.search(where, wanted)
                assert {hit.passage.file_id for hit in hits} == expected, (told, kept)

    await compare()
    for number, (_, later) in enumerate(files):
        if later is not None:
            kept[f"f{number}"] = later
            await store.vectors.set_attributes(PROJECT, store_id, f"f{number}", later)
    await compare()


@pytest.mark.parametrize("store_url", ["memory", "sqlite"], indirect=True)
@settings(max_examples=60, suppress_health_check=UNHURRIED)
@given(files=FILES, filters=st.lists(FILTERS, min_size=4, max_size=8))
@example(**EDGES)
async def test_a_search_finds_the_files_that_the_model_names(
    store: OpenStore, files: list[tuple[Json, Json | None]], filters: list[Json]
) -> None:
    await agree(store, files, filters)


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
@settings(max_examples=25, suppress_health_check=UNHURRIED)
@given(files=FILES, filters=st.lists(FILTERS, min_size=4, max_size=8))
@example(**EDGES)
async def test_so_it_does_on_postgresql(
    store: OpenStore, files: list[tuple[Json, Json | None]], filters: list[Json]
) -> None:
    await agree(store, files, filters)
