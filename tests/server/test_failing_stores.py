"""Stores that fail: a client is told so, and nothing is called completed that isn't kept."""

import contextlib
import ctypes
import os
import resource
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from running_server import Answer, RunningServer, running_server

from antiphon.testing import ScriptedUpstream, text

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    """A model server whose answers are too long for a small disk."""
    with ScriptedUpstream(default=text("Hello! ", "x" * 1_000_000), models=["m"]) as upstream:
        yield upstream


def ask(server: RunningServer, *, stream: bool, **more: object) -> Answer:
    return server.post({"model": "scripted/m", "input": "Hello?", "stream": stream, **more})


WAITING = (
    r"((runs in the background wait for the store|old files couldn't be removed, which is tried again): [^\n]*\n)*"
)
"""What the server says of its own accord of a store that fails."""


def check_not_completed(server: RunningServer, says: str, other: RunningServer | None = None) -> None:
    """Whoever asks is told, in JSON (by the `other`) and in streams; what isn't to be stored is answered all the same."""
    with ThreadPoolExecutor() as threads:
        asked = [threads.submit(ask, other or server, stream=False), threads.submit(ask, server, stream=True)]
        as_json, as_stream = [each.result() for each in asked]
    assert (as_json.status, as_json.error["code"]) == (503, "storage_unavailable")
    assert says in as_json.error["message"]
    assert as_stream.kinds[-2:] == ["error", "response.failed"]
    assert "response.completed" not in as_stream.kinds
    assert as_stream.events[-2]["code"] == "storage_unavailable"
    assert says in as_stream.events[-2]["message"]
    assert server.get(f"/responses/{as_stream.response['id']}").status == 404
    assert ask(server, stream=True, store=False).response["status"] == "completed"


def check_no_chat_is_whole(server: RunningServer) -> None:
    """A chat completion that was to be kept is an error, or cut where it had begun."""
    chat = {"model": "scripted/m", "messages": [{"role": "user", "content": "Hi"}], "store": True}
    whole = server.post(chat, "/chat/completions")
    assert (whole.status, whole.error["code"]) == (503, "storage_unavailable")
    with pytest.raises(httpx2.RemoteProtocolError):
        server.post(chat | {"stream": True}, "/chat/completions")


def test_a_locked_database(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    """Of two servers, since one waits for the lock again for whoever asked while it did."""
    flags = ("--upstream", f"scripted={upstream.url}")
    with (
        running_server(*flags, folder=tmp_path, complaints=WAITING) as server,
        running_server(*flags, folder=tmp_path, complaints=WAITING) as other,
    ):
        with contextlib.closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as locking:
            locking.execute("BEGIN IMMEDIATE")
            check_not_completed(server, "locked by another process", other)
            locking.execute("ROLLBACK")
        assert ask(server, stream=True).response["status"] == "completed"


def test_a_full_disk(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    """The largest size of a file stands in for the size of the disk: an empty database has room, and hardly more."""
    (empty := tmp_path / "empty").mkdir()
    with running_server(folder=empty):
        room = (empty / "kept.db").stat().st_size + 9_000

    def with_little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    # What is measured of its code would be a file that is too large as well.
    unmeasured = {"COVERAGE_PROCESS_CONFIG": ""}
    with running_server(
        "--upstream", f"scripted={upstream.url}", folder=tmp_path, preexec_fn=with_little_room, variables=unmeasured,
        complaints=f"({WAITING}|[^\n]*was cut, since it can't be kept: [^\n]*disk[^\n]*\n[^\n]*without completing response.\n)*",
    ) as server:  # fmt: skip
        check_not_completed(server, "disk")
        check_no_chat_is_whole(server)


def test_a_read_only_database(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    with running_server("--upstream", f"scripted={upstream.url}", folder=tmp_path) as server:
        kept = ask(server, stream=False)
    (tmp_path / "kept.db").chmod(0o444)
    with running_server(
        "--upstream", f"scripted={upstream.url}", folder=tmp_path, preexec_fn=bound_by_permissions, complaints=WAITING
    ) as server:
        check_not_completed(server, "read-only")
        assert server.get(f"/responses/{kept.response['id']}").json == kept.response
        assert server.delete(f"/responses/{kept.response['id']}").status == 503


def bound_by_permissions() -> None:
    """Takes from root, for whom nothing is read-only, the right to write everywhere."""
    if os.geteuid() == 0:
        dropped = ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
        assert dropped == 0


def test_a_database_that_cannot_be_opened_is_a_setting_to_correct(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="can't be opened"),
        running_server("--db", "sqlite:///no/such/folder/kept.db", folder=tmp_path),
    ):
        pass
