"""Vector stores through the official client, on every store: what is made, attached, read, found and taken out."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from embedding_server import MODEL, PATHS, TOML
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream, text, tool_call

POLL: Any = {"poll_interval_ms": 50}
PETS = {
    "cats.md": b"# Cats\n\nCats purr when they are happy.\n",
    "dogs.md": b"# Dogs\n\nDogs bark at the postman.\n",
    "fish.txt": b"Fish swim in schools.",
}


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgres"])
def server(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "antiphon.toml").write_text(TOML)
    database = new_database(request.param)
    script = [tool_call("file_search", '{"query": "purr"}'), text("Cats purr [cite", ":1] when happy.")]
    with (
        ScriptedUpstream(*script, models=["m", MODEL], paths=PATHS) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", database, folder=folder) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def files(server: RunningServer) -> dict[str, str]:
    """Ids of files by their names."""
    create = server.client.files.create
    return {name: create(file=(name, data), purpose="assistants").id for name, data in PETS.items()}


@pytest.fixture
def pets(server: RunningServer, files: dict[str, str]) -> str:
    """A store in which all of them were read."""
    made = server.client.vector_stores.create(name="pets")
    listed: Any = [
        {
            "file_id": file_id,
            "attributes": {"kind": name[:4], "legs": 0 if name == "fish.txt" else 4, "wet": "f" in name},
        }
        for name, file_id in files.items()
    ]
    batch = server.client.vector_stores.file_batches.create_and_poll(made.id, files=listed, **POLL)
    assert (batch.status, batch.file_counts.completed) == ("completed", 3)
    return made.id


def test_a_store_is_made_changed_listed_and_deleted(server: RunningServer, files: dict[str, str]) -> None:
    stores = server.client.vector_stores
    made = stores.create(
        name="n",
        description="d",
        metadata={"a": "b"},
        expires_after={"anchor": "last_active_at", "days": 7},
        file_ids=[files["cats.md"]],
        chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 10}},
        extra_body={"provider_id": "p", "embedding_model": f"up/{MODEL}", "embedding_dimension": 32},
    )
    assert (made.name, made.metadata, made.file_counts.total) == ("n", {"a": "b"}, 1)
    assert made.expires_at == (made.last_active_at or 0) + 7 * 86_400
    file = stores.files.poll(files["cats.md"], vector_store_id=made.id, **POLL)
    assert file.chunking_strategy
    assert file.chunking_strategy.model_dump()["static"] == {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 10}
    changed = stores.update(made.id, name="o", metadata={}, expires_after=None)
    assert (changed.name, changed.metadata, changed.expires_after) == ("o", {}, None)
    other = stores.create()
    assert [one.id for one in stores.list(limit=2, order="desc")][:2] == [other.id, made.id]
    there = stores.retrieve(made.id)
    assert (there.status, there.file_counts.completed) == ("completed", 1)
    assert there.usage_bytes > 0
    assert stores.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        stores.retrieve(made.id)
    assert server.client.files.retrieve(files["cats.md"]).filename == "cats.md"


def test_a_file_is_attached_changed_read_back_and_detached(server: RunningServer) -> None:
    stores = server.client.vector_stores
    made = stores.create()
    file = stores.files.upload_and_poll(
        vector_store_id=made.id, file=("birds.md", b"# Birds\n\nBirds sing.\n"), attributes={"wings": 2}, **POLL
    )
    assert (file.status, file.last_error, file.attributes) == ("completed", None, {"wings": 2})
    again = stores.files.update(file.id, vector_store_id=made.id, attributes={"wings": 3.5, "a": True})
    assert again.attributes == {"wings": 3.5, "a": True}
    assert stores.files.retrieve(file.id, vector_store_id=made.id).attributes == again.attributes
    (told,) = stores.files.content(file.id, vector_store_id=made.id)
    assert told.text == "# Birds\n\nBirds sing.\n"
    empty = stores.files.upload_and_poll(vector_store_id=made.id, file=("empty.txt", b""), **POLL)
    assert empty.status == "failed"
    assert empty.last_error
    assert empty.last_error.code == "invalid_file"
    assert "empty.txt" in empty.last_error.message
    assert [one.id for one in stores.files.list(made.id, filter="failed")] == [empty.id]
    assert [one.id for one in stores.files.list(made.id, order="asc")] == [file.id, empty.id]
    other = stores.files.upload_and_poll(vector_store_id=made.id, file=("other.md", b"Other birds."), **POLL)
    assert [one.filename for one in stores.search(made.id, query="other")][:1] == ["other.md"]
    assert server.client.files.delete(other.id).deleted
    assert [one.filename for one in stores.search(made.id, query="other")] == ["birds.md"]
    assert stores.files.delete(file.id, vector_store_id=made.id).deleted
    assert list(stores.search(made.id, query="birds")) == []
    with pytest.raises(openai.NotFoundError):
        stores.files.retrieve(file.id, vector_store_id=made.id)


def test_files_are_attached_together(server: RunningServer, files: dict[str, str]) -> None:
    batches = server.client.vector_stores.file_batches
    made = server.client.vector_stores.create()
    ids = [files["cats.md"], files["dogs.md"]]
    batch = batches.create_and_poll(made.id, file_ids=ids, attributes={"a": 1}, **POLL)
    assert (batch.status, batch.file_counts.total, batch.file_counts.completed) == ("completed", 2, 2)
    listed = list(batches.list_files(batch.id, vector_store_id=made.id, filter="completed"))
    assert {one.id for one in listed} == set(ids)
    assert listed[0].attributes == {"a": 1}
    assert batches.retrieve(batch.id, vector_store_id=made.id).created_at == batch.created_at
    assert batches.cancel(batch.id, vector_store_id=made.id).status == "completed"
    uploaded = batches.upload_and_poll(made.id, files=[("a.md", b"A."), ("b.md", b"B.")], **POLL)
    assert uploaded.file_counts.completed == 2
    bad = batches.upload_and_poll(made.id, files=[("x.pdf", b"%PDF-1.7 not"), ("c.md", b"C.")], **POLL)
    assert (bad.status, bad.file_counts.failed, bad.file_counts.completed) == ("completed", 1, 1)


def test_a_search_finds_what_fits_best_of_what_the_filter_leaves(server: RunningServer, pets: str) -> None:
    search = server.client.vector_stores.search
    found = list(search(pets, query="why do cats purr"))
    assert found[0].filename == "cats.md"
    assert found[0].content[0].text == PETS["cats.md"].decode()
    assert found[0].attributes == {"kind": "cats", "legs": 4, "wet": False}
    assert all(0 <= one.score <= 1 for one in found)
    legs: Any = {
        "type": "and",
        "filters": [{"type": "lt", "key": "legs", "value": 4}, {"type": "eq", "key": "wet", "value": True}],
    }
    assert [one.filename for one in search(pets, query=["cats", "schools"], filters=legs)] == ["fish.txt"]
    first = list(search(pets, query=["cats", "dogs"], max_num_results=2))
    assert {one.filename for one in first} == {"cats.md", "dogs.md"}
    by_words: Any = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}
    assert [one.filename for one in search(pets, query="postman", ranking_options=by_words)] == ["dogs.md"]
    strict: Any = {"score_threshold": 0.99}
    assert [one.filename for one in search(pets, query="cats purr", ranking_options=strict)] == ["cats.md"]
    noted = server.client.vector_stores.with_raw_response.search(pets, query="cats", rewrite_query=True)
    assert noted.headers["antiphon-ignored"] == "rewrite_query"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"metadata": {"a": "b" * 600}}, "metadata.a"),
        ("", {"file_ids": ["file-1", "file-1"]}, "file_ids[1]"),
        ("", {"expires_after": {"anchor": "last_active_at", "days": 0}}, "expires_after.days"),
        ("", {"chunking_strategy": {"type": "static"}, "file_ids": ["file-1"]}, "chunking_strategy.static"),
        ("/{id}/search", {"query": []}, "query"),
        ("/{id}/search", {"query": "a", "filters": {"type": "is"}}, "filters.type"),
        ("/{id}/search", {"query": "a", "max_num_results": 51}, "max_num_results"),
        ("/{id}/files", {"file_id": "file-1", "attributes": {"a": "b" * 513}}, "attributes"),
        ("/{id}/files", {"file_id": "file-1", "attributes": {f"{n}": n for n in range(17)}}, "attributes"),
        ("/{id}/file_batches", {}, "file_ids"),
        ("/{id}/file_batches", {"files": []}, "files"),
        ("/{id}/file_batches", {"files": [{"file_id": "file-1", "chunking_strategy": {"type": "x"}}]}, "files[0].chunking_strategy.type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_its_place(
    server: RunningServer, pets: str, path: str, body: dict[str, Any], param: str
) -> None:
    answer = server.post(body, "/vector_stores" + path.format(id=pets))
    assert answer.status == 400
    assert answer.error["param"] == param


def test_what_is_not_there_is_not_found(server: RunningServer, pets: str) -> None:
    for path, body in [
        ("/vs_9/search", {"query": "a"}),
        ("/vs_9/files", {"file_id": "file-1"}),
        (f"/{pets}/files", {"file_id": "file-1"}),
        (f"/{pets}/file_batches", {"file_ids": ["file-1"]}),
        (f"/{pets}/file_batches/vsfb_9/cancel", {}),
    ]:
        assert server.post(body, f"/vector_stores{path}").status == 404
    answer = server.get(f"/vector_stores/{pets}/files", filter="done")
    assert answer.error["param"] == "filter"


def test_another_model_has_the_files_read_again(server: RunningServer, files: dict[str, str]) -> None:
    stores = server.client.vector_stores
    made = stores.create(file_ids=[files["cats.md"]])
    assert stores.files.poll(files["cats.md"], vector_store_id=made.id, **POLL).status == "completed"
    answer = server.post({"embedding_model": "up/m"}, f"/vector_stores/{made.id}")
    assert answer.json["file_counts"]["total"] == 1
    assert stores.files.poll(files["cats.md"], vector_store_id=made.id, **POLL).status == "completed"
    assert [one.filename for one in stores.search(made.id, query="purr")] == ["cats.md"]


def test_the_tool_searches_and_its_answer_cites(server: RunningServer, pets: str, files: dict[str, str]) -> None:
    tool: Any = {"type": "file_search", "vector_store_ids": [pets], "max_num_results": 2}
    with server.client.responses.stream(model="up/m", input="Why?", tools=[tool]) as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    searched = [f"response.file_search_call.{word}" for word in ("in_progress", "searching", "completed")]
    assert [kind for kind in kinds if "file_search" in kind] == searched
    assert "response.output_text.annotation.added" in kinds
    call, message = response.output
    assert call.type == "file_search_call"
    assert (call.queries, call.results) == (["purr"], None)
    assert message.type == "message"
    part = message.content[0]
    assert part.type == "output_text"
    assert part.text == "Cats purr  when happy."
    (citation,) = part.annotations
    assert citation.type == "file_citation"
    assert (citation.file_id, citation.filename, citation.index) == (files["cats.md"], "cats.md", 10)
    again = server.client.responses.retrieve(response.id, include=["file_search_call.results"]).output[0]
    assert again.type == "file_search_call"
    assert again.results
    assert again.results[0].filename == "cats.md"


@pytest.mark.parametrize(
    ("members", "status", "param"),
    [
        ({}, 400, "tools[0].vector_store_ids"),
        ({"vector_store_ids": []}, 400, "tools[0].vector_store_ids"),
        ({"vector_store_ids": ["vs_9"]}, 404, "vector_store_id"),
        ({"vector_store_ids": ["{id}"], "filters": {"type": "and", "filters": []}}, 400, "filters.filters"),
    ],
)
def test_a_tool_that_cannot_search_is_refused_before_a_model_is_asked(
    server: RunningServer, pets: str, members: dict[str, Any], status: int, param: str
) -> None:
    said = {name: [pets] if value == ["{id}"] else value for name, value in members.items()}
    answer = server.post({"model": "up/m", "input": "Hm?", "tools": [{"type": "file_search", **said}]})
    assert (answer.status, answer.error["param"]) == (status, param)


def test_the_model_inside_needs_no_service(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=tmp_path) as server,
    ):
        stores = server.client.vector_stores
        made = stores.create()
        for name, data in PETS.items():
            stores.files.upload(vector_store_id=made.id, file=(name, data))
        until = time.monotonic() + 60
        while stores.retrieve(made.id).status != "completed" and time.monotonic() < until:
            time.sleep(0.05)
        near: Any = {"hybrid_search": {"embedding_weight": 1, "text_weight": 0}}
        found = stores.search(made.id, query="a pet that makes a sound of comfort", ranking_options=near)
        assert found.data[0].filename == "cats.md"
