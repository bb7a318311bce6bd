"""The passages of files: kept at once with what their file became, and found by words or by vectors.

Not here: how vectors are compared (`near.py`). Counterpart: `sql/<dialect>/vectors.sql`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.operations.rows import as_list
from antiphon.store.operations.vector_files import FILE_KEY, find_file
from antiphon.store.operations.vector_stores import KEY, VERSION, find
from antiphon.store.vectors import Attributes, FilePassage, FoundPassage, Held, NewPassage

WORD = re.compile(r"\w+")
MOST_WORDS = 32
"""Words of a query that are searched for."""
UNSAID = frozenset(
    WORD.findall(
        "a about an and are as at be but by can could did do does for from had has have how i if in is it its me my no "
        "not of on or our she should so some that the their them then there these they this to was we were what when "
        "where which who why will with would you your"
    )
)
"""English words that are in nearly every passage, and tell nothing."""
NUMBER_BYTES = 4


class Snapshot(Struct, frozen=True):
    """A store as a search finds it. `key` is its row's; what was read of it counts as long as `version` is the same."""

    key: int
    version: int
    model: str
    dimension: int


class Member(Struct, frozen=True):
    """A file that a search may find something in; `since` tells its passages from earlier ones."""

    key: int
    file_id: str
    filename: str
    attributes: Attributes
    since: int
    passages: int


def finish(held: Held, passages: Sequence[NewPassage], dimension: int) -> Steps[bool]:
    """Keep what was read, unless the file isn't held any more, or its store has another model by now."""
    rows = yield Fetch("held_vector_file", {"key": held.key, "owner": held.owner})
    if not rows:
        return False
    model, there = tuple(rows[0])[7:9]
    if model != held.model or (dimension and there not in {0, dimension}):
        return False
    if dimension and not there:
        yield Fetch("set_vector_model", {"key": held.store, "model": model, "dimension": dimension})
    since = (yield Fetch("renew_vector_store", {"key": held.store}))[0][0]
    yield Fetch("delete_file_passages", {"file": held.key})
    yield Fetch("delete_file_vectors", {"file": held.key})
    if passages:
        yield from insert(held.store, held.key, passages)
    size = sum(len(one.text.encode()) + dimension * NUMBER_BYTES for one in passages)
    done = {"key": held.key, "usage_bytes": size, "passages": len(passages), "since": since}
    yield Fetch("finish_vector_file", done)
    return True


def insert(store: int, file: int, passages: Sequence[NewPassage]) -> Steps[None]:
    """Write passages of a file, their vectors in the form that the database keeps."""
    rows = yield Fetch("new_passage_keys", {"count": len(passages)})
    there = {"store": store, "file": file}
    texts: list[dict[str, Any]] = []
    vectors: list[dict[str, Any]] = []
    for row, one in zip(rows, passages, strict=True):
        place = {"number": one.number, "start": one.start, "finish": one.end, "page": one.page}
        said = {"heading": as_list(one.heading), "above": one.above, "text": one.text}
        texts.append({"key": row[0], **there, **place, **said})
        if one.vector:
            vectors.append({"key": row[0], **there, "vector": one.vector})
    yield Each("insert_passage", texts)
    if vectors:
        yield Each("insert_passage_vector", vectors)


def content(project: str, store_id: str, file_id: str) -> Steps[list[FilePassage]]:
    """The passages of a file in their order."""
    store = (yield from find(project, store_id))[KEY]
    key = (yield from find_file(store, store_id, file_id))[FILE_KEY]
    rows = yield Fetch("file_passages", {"file": key})
    return [FilePassage(*tuple(row)) for row in rows]


def snapshot(project: str, store_id: str) -> Steps[Snapshot]:
    """How a store stands now."""
    row = yield from find(project, store_id)
    return Snapshot(row[KEY], row[VERSION], row[7], row[8])


def members(store: int) -> Steps[list[Member]]:
    """The files of a store that were read."""
    rows = yield Fetch("read_vector_files", {"store": store})
    return [Member(row[0], row[1], row[2], msgspec.json.decode(row[3]), row[4], row[5]) for row in map(tuple, rows)]


def with_words(store: int, words: str, files: Sequence[int] | None, limit: int) -> Steps[list[int]]:
    """The keys of passages that have the words, in the dialect's own form; of some files alone where they are said."""
    where = {"store": store, "words": words, "limit": limit}
    if files is None:
        rows = yield Fetch("passages_with_words", where)
    else:
        rows = yield Fetch("passages_of_files_with_words", {**where, "files": as_list(files)})
    return [row[0] for row in rows]


def counted(store: int, forms: Mapping[str, str], most: int) -> Steps[dict[str, int]]:
    """How many passages have each word, counted up to `most`; the words' forms are the dialect's."""
    counts: dict[str, int] = {}
    for word, form in forms.items():
        rows = yield Fetch("count_passages_with_words", {"store": store, "words": form, "limit": most})
        counts[word] = int(rows[0][0])
    return counts


def found(project: str, store_id: str, keys: Sequence[int]) -> Steps[list[FoundPassage]]:
    """These passages, in the order of the keys."""
    rows = yield Fetch("found_passages", {"project": project, "id": store_id, "keys": as_list(keys)})
    if not rows:
        yield from find(project, store_id)
    there = {row[0]: _found(row) for row in rows}
    return [there[key] for key in keys if key in there]


def words_of(query: str) -> list[str]:
    """The words of a query that passages are found by, each once."""
    said = [word.lower() for word in WORD.findall(query.replace("_", " "))]
    return [word for word in dict.fromkeys(said) if word not in UNSAID][:MOST_WORDS]


def _found(row: Any) -> FoundPassage:  # noqa: ANN401 - a row of either driver
    key, text, page, heading, start, finish, number, file_id, filename, attributes = tuple(row)
    return FoundPassage(
        key=key,
        text=text,
        page=page,
        heading=tuple(msgspec.json.decode(heading)),
        start=start,
        end=finish,
        number=number,
        file_id=file_id,
        filename=filename,
        attributes=msgspec.json.decode(attributes),
    )
