"""A server that is stopped for longer than it holds its run: another one goes on, and what the first writes is refused."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from running_server import Json, RunningServer, running_server

from antiphon.testing import Gate, ScriptedUpstream, check_stream, text

PATIENCE = 60.0
WORD = r"\w+"
LOST = "run {} was taken up by another worker\n"


def read(server: RunningServer, path: str, after: int = -1, until: str | None = None) -> list[Json]:
    """The events behind a number, to the end or to one that brings this text."""
    events: list[Json] = []
    asked = {"stream": "true"} | ({"starting_after": str(after)} if after >= 0 else {})
    with server.http.stream("GET", path, params=asked, timeout=PATIENCE) as following:
        for line in following.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line[6:]))
                if until is not None and events[-1].get("delta") == until:
                    break
    return events


@contextmanager
def asleep(server: RunningServer, database: Path) -> Iterator[None]:
    """The server does nothing, as when its machine sleeps; not in the middle of a transaction, which would hold all up."""
    server.process.send_signal(signal.SIGSTOP)
    while not can_be_written(database):
        server.process.send_signal(signal.SIGCONT)
        server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def can_be_written(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def test_what_a_server_writes_that_slept_is_refused(tmp_path: Path) -> None:
    late, never, other = Gate(), Gate(), Gate()
    first = text("Let", " me", " see.").held(never, at=3).held(late, at=2)
    second = text("Done", ".").held(other, at=2)
    database = tmp_path / "kept.db"
    with ScriptedUpstream(first, second, models=["m"]) as upstream:
        flags = ("--upstream", f"up={upstream.url}", "--db", f"sqlite:///{database}")
        with (
            running_server(*flags, complaints=f"({LOST.format(WORD)})+") as sleeper,
            running_server(*flags) as other_server,
        ):
            made = sleeper.post({"model": "up/m", "input": "Hello?", "background": True}).json
            path = f"/responses/{made['id']}"
            seen = read(sleeper, path, until="Let")
            with asleep(sleeper, database):
                seen += read(other_server, path, seen[-1]["sequence_number"], until="Done")
                # Waiting for it when it wakes.
                late.open()
            # It asks nobody for anything any more, and lets go of the model.
            upstream.wait(lambda: len(upstream.aborted) == 1, seconds=PATIENCE)
            other.open()
            seen += read(other_server, path, seen[-1]["sequence_number"])
            assert read(sleeper, path) == read(other_server, path) == seen
            assert LOST.format(made["id"]) in sleeper.complaints()
        never.open()
        assert len([request for request in upstream.requests if request.method == "POST"]) == 2
    final = check_stream(seen)
    said = [(item["status"], item["content"][0]["text"]) for item in final["output"]]
    assert (final["status"], said) == ("completed", [("incomplete", "Let"), ("completed", "Done.")])
