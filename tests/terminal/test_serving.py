"""What `antiphon serve` says when it starts."""

import re
import subprocess
from pathlib import Path

import pytest
from running_server import RunningServer, running_server

from antiphon.terminal.serving import address, nothing_found
from antiphon.testing import ScriptedUpstream, text


def said_by(server: RunningServer) -> str:
    """All that it said after its first line."""
    assert server.stop() == 0
    return server.process.stdout.read() if server.process.stdout else ""


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("h", "h")],  # noqa: S104 - shown, not bound
)
def test_an_address_that_can_be_pasted(host: str, shown: str) -> None:
    assert address(host) == shown


def test_it_lists_what_it_found_and_a_line_to_paste(tmp_path: Path) -> None:
    with ScriptedUpstream() as gone:
        pass
    (tmp_path / "antiphon.toml").write_text('[tools.web_search]\nbackend = "searxng"\nurl = "http://127.0.0.1:9"\n')
    with ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream:
        flags = ["--upstream", f"here={upstream.url}", "--upstream", f"gone={gone.url}"]
        with running_server(*flags, folder=tmp_path) as server:
            line = pasted(server)
            answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
            assert '"Hello!"' in answer
            rest = said_by(server)
    assert rest == ""


def pasted(server: RunningServer) -> str:
    """The line after `Try:`."""
    assert server.process.stdout
    before = []
    for line in server.process.stdout:
        before.append(line)
        if line.startswith("Try:"):
            said = "".join(before)
            assert "answers in    sqlite:///kept.db" in said
            assert "tools         file_search, web_search\n" in said
            assert re.search(r"here +http://127.0.0.1:\d+/v1  1 model\n", said)
            assert re.search(r"gone +Upstream 'gone' at .* can't be reached", said)
            return server.process.stdout.readline().strip()
    raise AssertionError("".join(before))


def test_without_an_upstream_it_starts_and_says_what_to_do(tmp_path: Path) -> None:
    """There may be a model server on the machine that runs the tests."""
    with running_server(folder=tmp_path) as server:
        assert server.get("/health").status == 200
        missing = server.post({"model": "surely/not-there", "input": "?"})
        assert missing.status == 404
        said = said_by(server)
    if "No model server was found" in said:
        assert "Ollama on port 11434: nothing answers" in said
        assert "OPENAI_API_KEY in the environment: not set" in said
        assert "--upstream NAME=URL" in missing.error["message"]
        assert "curl" not in said


def test_in_replay_it_says_so(tmp_path: Path) -> None:
    with ScriptedUpstream(default=text("Hello!"), models=["m"]) as upstream:
        flags = ["--cassette", "tape.jsonl", "--mode", "record", "--upstream", f"here={upstream.url}"]
        with running_server(*flags, folder=tmp_path) as server:
            server.post({"model": "m", "input": "?"})
            assert "tape.jsonl (record)" in said_by(server)
    with running_server("--cassette", "tape.jsonl", "--mode", "replay", folder=tmp_path) as server:
        said = said_by(server)
    assert "tape.jsonl (replay: answers what was recorded, nothing else)" in said
    assert '"model": "here/m"' in said


def test_a_server_for_everyone_says_so(tmp_path: Path) -> None:
    with ScriptedUpstream() as upstream:
        flags = ["--host", "0.0.0.0", "--insecure", "--upstream", f"here={upstream.url}"]  # noqa: S104 - what is tested
        with running_server(*flags, folder=tmp_path) as server:
            assert server.get("/health", headers={"host": "antiphon.example"}).status == 200
            assert "INSECURE: everyone who can reach 0.0.0.0 is let in" in said_by(server)


def test_what_was_looked_for_is_said() -> None:
    lines = nothing_found(None)
    assert "No model server was found" in lines[0]
    assert "--upstream NAME=URL" in lines[-1]
