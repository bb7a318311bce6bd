"""A server that is killed while it reads files goes on where it was: each file once, or failed with a reason."""

import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from embedding_server import MODEL, PATHS, TOML
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream

PATIENCE = 600


def content(number: int) -> bytes:
    """Every tenth file is empty, which can't be read."""
    return b"" if number % 10 == 9 else f"# File {number}\n\nThe word of this file is unique{number}.\n".encode()


def batches(server: RunningServer, store_id: str, files: list[str]) -> str:
    made = server.client.vector_stores.file_batches.create(store_id, file_ids=files)
    return made.id


def counts(server: RunningServer, store_id: str) -> Any:
    return server.client.vector_stores.retrieve(store_id).file_counts


def until(server: RunningServer, store_id: str, wanted: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not wanted(found := counts(server, store_id)):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def killed_while_it_reads(folder: Path, database: str, amount: int, kills: int) -> None:
    (folder / "antiphon.toml").write_text(TOML)
    with ScriptedUpstream(models=["m", MODEL], paths=PATHS) as upstream:
        flags = ("--upstream", f"up={upstream.url}", "--db", database)
        with running_server(*flags, folder=folder) as server:
            upload = server.client.files.create
            files = [
                upload(file=(f"{number}.md", content(number)), purpose="assistants").id for number in range(amount)
            ]
            store = server.client.vector_stores.create(name="kept").id
            batches(server, store, files)
            ended = until(server, store, lambda found: found.completed > 0)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        for kill in range(1, kills):
            with running_server(*flags, folder=folder) as server:
                due = amount * (kill + 1) // (kills + 1)
                until(server, store, partial(so_far, due))
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
        with running_server(*flags, folder=folder) as server:
            ended = until(server, store, lambda found: not found.in_progress)
            assert (ended.completed, ended.failed) == (amount - amount // 10, amount // 10)
            failed = list(server.client.vector_stores.files.list(store, filter="failed", limit=100))
            assert all(one.last_error and one.last_error.message for one in failed)
            each_once(server, store, amount)


def so_far(due: int, found: Any) -> bool:
    return found.completed + found.failed >= due or not found.in_progress


def each_once(server: RunningServer, store: str, amount: int) -> None:
    by_words: Any = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}
    for number in range(0, amount, max(amount // 30, 1)):
        found = server.client.vector_stores.search(store, query=f"unique{number}", ranking_options=by_words)
        assert [one.filename for one in found] == ([] if number % 10 == 9 else [f"{number}.md"])


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_server_killed_while_it_reads_30_files(kind: str, new_database: Callable[[str], str], tmp_path: Path) -> None:
    killed_while_it_reads(tmp_path, new_database(kind), 30, kills=1)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_server_killed_again_and_again_while_it_reads_500_files(
    kind: str, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    killed_while_it_reads(tmp_path, new_database(kind), 500, kills=4)
