"""What `antiphon replay` and `antiphon record` say to a person and to a script."""

from pathlib import Path

from running_server import run
from running_standin import running_standin

from antiphon.testing import ScriptedUpstream, text

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def test_a_miss_is_a_404_that_explains_itself_and_the_exit_status_tells(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(text("Hello")) as api,
        running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording,
    ):
        recording.http.post("/v1/chat/completions", json=CHAT)
    with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
        missed = replay.http.post("/v1/chat/completions", json={**CHAT, "model": "n"})
        found = [replay.http.post("/v1/chat/completions", json=CHAT) for _ in range(2)]
    assert missed.status_code == 404
    error = missed.json()["error"]
    assert error["code"] == "cassette_miss"
    assert 'model: recorded "m", asked "n"' in error["message"]
    assert [answer.headers.get("antiphon-replay") for answer in found] == [None, "repeated"]
    assert replay.status == 1
    assert error["message"] in replay.said
    assert "3 requests, 1 miss, 0 interactions unused" in replay.said


def refused(folder: Path, *words: str) -> str:
    ended = run(*words, folder=folder)
    assert ended.returncode == 2
    assert ended.stdout == ""
    return ended.stderr


def test_wrong_use_ends_with_2_and_says_what_to_do(tmp_path: Path) -> None:
    assert "record one there" in refused(tmp_path, "replay", "absent.jsonl")
    assert "isn't an address such as" in refused(tmp_path, "record", "--upstream", "ollama", "tape.jsonl")
    assert "say instant, recorded, or a factor" in refused(tmp_path, "replay", "--speed", "fast", "absent.jsonl")
    assert list(tmp_path.iterdir()) == []
