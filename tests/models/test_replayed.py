"""What is asked besides the model is recorded with it: a replay counts, checks and shortens as the recording did."""

from pathlib import Path
from typing import Any

import pytest
from running_server import Answer, RunningServer, running_server

from antiphon.testing import ScriptedUpstream, status, text

LONG = "word " * 200
PAST = [{"role": role, "content": LONG} for _ in range(3) for role in ("user", "assistant")]
INPUT = [*PAST, {"role": "user", "content": "And?"}]
SCHEMA = {"type": "object", "required": ["a"]}
FORMAT = {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}


def asked(server: RunningServer, **body: Any) -> list[Answer]:
    return [server.post({"model": "up/m", "stream": stream, **body}) for stream in (True, False)]


@pytest.mark.parametrize(
    ("make", "body"),
    [("vllm", {"input": INPUT, "truncation": "auto"}), ("deepseek", {"input": "Which?", "text": FORMAT})],
)
def test_a_replay_gives_the_same(tmp_path: Path, make: str, body: dict[str, Any]) -> None:
    counted = {"POST /tokenize": status(200, {"count": 400, "max_model_len": 500})}
    script = [text("{}"), text('{"a": 1}')] * 2 if make == "deepseek" else [text("Yes.")] * 2
    tape = str(tmp_path / "tape.jsonl")
    with ScriptedUpstream(*script, paths=counted) as upstream:
        flags = ("--upstream", f"up={upstream.url},dialect={make}", "--cassette", tape)
        with running_server(*flags, "--mode", "record") as server:
            recorded = asked(server, **body)
        calls = len([one for one in upstream.requests if one.path != "/v1/models"])
    assert [answer.response["status"] for answer in recorded] == ["completed"] * 2
    assert calls > len(recorded)
    with running_server(*flags, "--mode", "replay") as server:
        replayed = asked(server, **body)
    assert [answer.body for answer in replayed] == [answer.body for answer in recorded]
