"""Agents of two clients with a tool that this server runs: a file that they uploaded, searched and cited."""

import json
import subprocess
from pathlib import Path

import pytest
from client_environments import client_python
from embedding_server import MODEL, PATHS
from running_server import running_server

from antiphon.testing import ScriptedUpstream, text, tool_call

SCRIPT = Path(__file__).parents[1] / "agent_files.py"


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "least"), [("ogx", "3.11"), ("llama-stack", "3.12")])
def test_an_agent_searches_the_file_that_it_uploaded(name: str, least: str, tmp_path: Path) -> None:
    python = client_python(name, least)
    (tmp_path / "cats.md").write_text("# Cats\n\nCats purr when they are happy.\n")
    script = [tool_call("file_search", '{"query": "why cats purr"}'), text("They are happy [ci", "te:1].")]
    with (
        ScriptedUpstream(*script, models=["m", MODEL], paths=PATHS) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=tmp_path) as server,
    ):
        package = f"{name.replace('-', '_')}_client"
        words = [
            package,
            server.url.removesuffix("/v1"),
            "up/m",
            f"up/{MODEL}",
            str(tmp_path / "cats.md"),
            "Why do cats purr?",
        ]
        done = subprocess.run(
            [str(python), str(SCRIPT), *words], capture_output=True, text=True, check=False, timeout=100
        )
        assert done.returncode == 0, done.stderr
        told = json.dumps(upstream.requests[-1].json)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    steps = [
        (event["kind"], event["step_type"]) for event in events if event["kind"] in {"StepStarted", "StepCompleted"}
    ]
    assert ("StepStarted", "tool_execution") in steps
    assert ("StepCompleted", "tool_execution") in steps
    (began,) = [event for event in events if event["kind"] == "StepStarted" and event["step_type"] == "tool_execution"]
    assert began["metadata"]["server_side"] is True
    (end,) = [event for event in events if event["kind"] == "TurnCompleted"]
    assert end["final_text"] == "They are happy ."
    assert "Cats purr when they are happy." in told
