"""Files made to break who reads them, through the whole server: each fails with its own message, and the rest is read."""

from pathlib import Path
from typing import Any

import pytest
from embedding_server import MODEL, PATHS, TOML
from hostile_files import hostile_files
from running_server import running_server

from antiphon.testing import ScriptedUpstream

POLL: Any = {"poll_interval_ms": 100}
FINE = {"first.md": b"# Salt\n\nSalt is mined.", "last.txt": b"Pepper is picked."}


@pytest.mark.timeout(300)
def test_every_hostile_file_has_its_message_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(TOML)
    hostile = {file.name: file for file in hostile_files()}
    names = ["first.md", *hostile, "last.txt"]
    with (
        ScriptedUpstream(models=["m", MODEL], paths=PATHS) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=tmp_path) as server,
    ):
        create, stores = server.client.files.create, server.client.vector_stores
        data = {**{name: file.data for name, file in hostile.items()}, **FINE}
        ids = {create(file=(name, data[name]), purpose="assistants").id: name for name in names}
        made = stores.create()
        batch = stores.file_batches.create_and_poll(made.id, file_ids=list(ids), **POLL)
        assert (batch.file_counts.completed, batch.file_counts.failed) == (2, len(hostile))
        for file in stores.files.list(made.id, filter="failed", limit=100):
            expected = hostile[ids[file.id]]
            assert file.last_error
            assert expected.says in file.last_error.message
            assert f"'{expected.name}'" in file.last_error.message
            assert file.last_error.code == expected.code
        found = [hit.filename for hit in stores.search(made.id, query="pepper salt")]
        assert sorted(found) == sorted(FINE)
