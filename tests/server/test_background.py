"""What of a request is kept until its run ends, and how it is made ready again after its process is gone."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from running_server import RunningServer, running_server

from antiphon.engine.replies import Cancelled, UpstreamFailed
from antiphon.server.background import MOST_TAKINGS, ending_of
from antiphon.store.runs import StoredRun
from antiphon.testing import Gate, ScriptedUpstream, text


def final(server: RunningServer, response_id: str) -> dict[str, object]:
    """The response when its run has ended, by its stream."""
    return server.get(f"/responses/{response_id}", stream="true").response


def rows(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "kept.db")) as database:
        return "\n".join(map(str, database.execute("SELECT request, state, secrets FROM runs")))


def test_a_killed_server_goes_on_at_its_next_start(tmp_path: Path) -> None:
    gate = Gate()
    said = text("Hel", "lo").held(gate, at=2)
    asked = {"model": "up/m", "input": "Say hello to Ada.", "background": True, "instructions": "Be brief."}
    with ScriptedUpstream(said, text("Hello, Ada!"), models=["m"]) as upstream:
        flags = ("--upstream", f"up={upstream.url}")
        with running_server(*flags, folder=tmp_path) as server:
            made = server.post(asked).json
            with server.http.stream("GET", f"/responses/{made['id']}", params={"stream": "true"}) as following:
                for line in following.iter_lines():
                    if "output_text.delta" in line:
                        break
            server.process.kill()
            server.process.wait()
        kept = rows(tmp_path)
        assert "Ada" not in kept
        gate.open()
        with running_server(*flags, folder=tmp_path, complaints=r"(.*\n)*") as server:
            response = final(server, made["id"])
            assert response["status"] == "completed"
            whole = server.get(f"/responses/{made['id']}", stream="true")
        output = whole.output
        assert [item["status"] for item in output] == ["incomplete", "completed"]
        assert output[1]["content"][0]["text"] == "Hello, Ada!"
        first, second = [request.json["messages"] for request in upstream.requests if request.method == "POST"]
        assert first == second
        assert json.dumps(first).count("Ada") == 1


def taken(times: int, *, cancel: bool = False) -> StoredRun:
    return StoredRun(
        project="p", id="resp_1", request=b"{}", state=b"", secrets=None, priority=0, upstream="", owner=None, expires=0.0,
        fence=times, cancel=cancel, ended=False,
    )  # fmt: skip


def test_a_run_that_ends_its_worker_each_time_fails_some_time() -> None:
    assert ending_of(taken(MOST_TAKINGS)) is None
    assert isinstance(ending_of(taken(1, cancel=True)), Cancelled)
    ending = ending_of(taken(MOST_TAKINGS + 1))
    assert isinstance(ending, UpstreamFailed)
    assert "taken up 50 times" in ending.error.message
