"""What a server kept on SQLite is on PostgreSQL after a move: files byte for byte, vector stores with all they find."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from embedding_server import MODEL, PATHS, TOML
from running_server import RunningServer, run, running_server

from antiphon.testing import ScriptedUpstream

OLD = "sqlite:///old.db"
CATS = b"# Cats\n\nThey sleep on the sofa.\n"
LARGE = bytes(range(256)) * 4_096


class Moved(NamedTuple):
    """A store, files, and what a search found."""

    store: str
    files: list[str]
    found: Any


def filled(server: RunningServer) -> Moved:
    """Two files, of which one is attached; an upload that nobody completes."""
    client = server.client
    kept = [
        client.files.create(file=(name, data), purpose="assistants").id
        for name, data in (("cats.md", CATS), ("large.bin", LARGE))
    ]
    store = client.vector_stores.create(name="kept").id
    attached = client.vector_stores.files.create_and_poll(kept[0], vector_store_id=store, attributes={"n": 1})
    assert attached.status == "completed", attached
    client.uploads.create(bytes=5, filename="never.txt", mime_type="text/plain", purpose="assistants")
    return Moved(store, kept, told(server, store))


def told(server: RunningServer, store: str) -> Any:
    """What a search finds, with its scores."""
    wanted: Any = {"type": "eq", "key": "n", "value": 1}
    found = server.client.vector_stores.search(store, query="Where do cats sleep?", filters=wanted)
    return [one.model_dump() for one in found]


@pytest.mark.timeout(300)
def test_files_and_vector_stores_move_to_postgresql(new_database: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(TOML)
    new, places = new_database("postgres"), ("--files", str(tmp_path / "new.files"))
    with ScriptedUpstream(models=["m", MODEL], paths=PATHS) as upstream:
        flags = ("--upstream", f"up={upstream.url}", "--db")
        with running_server(*flags, OLD, folder=tmp_path) as server:
            moved = filled(server)
        done = run("export", "all.jsonl", "--db", OLD, folder=tmp_path)
        assert done.returncode == 0
        assert "1 uploads that aren't completed are left out" in done.stderr
        asked = len(upstream.requests)
        taken = run("import", "all.jsonl", "--db", new, *places, folder=tmp_path)
        assert (taken.returncode, taken.stderr) == (0, "")
        assert run("import", "all.jsonl", "--db", new, *places, folder=tmp_path).stdout.startswith("0 new rows")
        with running_server(*flags, new, *places, folder=tmp_path) as server:
            assert [server.client.files.content(name).read() for name in moved.files] == [CATS, LARGE]
            assert server.client.vector_stores.retrieve(moved.store).file_counts.completed == 1
            assert told(server, moved.store) == moved.found != []
        again = [one for one in upstream.requests[asked:] if b"cats" in one.body.lower() and b"sofa" in one.body]
        assert again == []
