"""`antiphon cassette rerun` and `drift`, against a scripted upstream."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cassettes.tapes import request
from judged_http import NO_TLS
from terminal.conftest import Terminal, written

from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction, Origin
from antiphon.cassettes.redaction import redact_request
from antiphon.testing import Reply, ScriptedUpstream, raw, status, text, tool_call

BODY: dict[str, Any] = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
CALL = tool_call("f", '{"a": 1}')
KEY = "key-of-no-form-0123456789"


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    """A cassette of two streamed calls: one said `One.`, the other called a tool."""
    made: list[Interaction] = []
    with ScriptedUpstream(text("One.", usage=(3, 2)), CALL) as upstream:
        for words in ("one", "two"):
            asked = request(
                {**BODY, "messages": [{"role": "user", "content": words}]}, url=f"{upstream.url}/chat/completions"
            )
            told = httpx2.post(asked.url, content=asked.body, headers=dict(asked.headers), verify=NO_TLS)
            answered = Answered(200, {"content-type": "text/event-stream"}, (Chunk(3, told.content),), End.COMPLETE, 4)
            made.append(Interaction(1, redact_request(asked), End.COMPLETE, Origin("t"), lambda it=answered: it))  # type: ignore[misc] # bound now
    return written(tmp_path / "recorded.jsonl", *made)


def test_another_model_is_asked_the_same(terminal: Terminal, recorded: str) -> None:
    with ScriptedUpstream(text("Uno.", usage=(3, 9)), CALL) as upstream:
        state, said = terminal.run(
            "rerun", recorded, "--model", "n", "--upstream", upstream.url, "--key-env", "K", K=KEY
        )
        assert [json.loads(each.body)["model"] for each in upstream.requests] == ["n", "n"]
        assert {each.headers["authorization"] for each in upstream.requests} == {f"Bearer {KEY}"}
    assert state == 0
    first, second = said.partition("   2 POST")[::2]
    assert '   1 POST /v1/chat/completions m "one"' in first
    assert "     text    - One.\n             + Uno.\n" in first
    assert "     finish  same\n     tokens  3/2 → 3/9, time 4 → " in first
    assert "     calls   same\n" in second
    assert "\n2 asked again, 0 without an answer: text differs in 1, calls in 0; tokens out 3 → 10, time 8 → " in said


def test_the_report_as_json(terminal: Terminal, recorded: str) -> None:
    with ScriptedUpstream(text("Uno."), text("Dos.")) as upstream:
        state, said = terminal.run("rerun", recorded, "--model", "n", "--upstream", upstream.url, "--json")
    told = json.loads(said)
    assert (state, [each["number"] for each in told]) == (0, [1, 2])
    assert told[1]["before"]["calls"] == ['f({"a": 1})']
    assert told[1]["after"]["text"] == "Dos."
    assert told[1]["changed"] == ["text", "calls", "finish"]


def test_an_upstream_that_is_gone_is_told(terminal: Terminal, recorded: str) -> None:
    # The upstream that was recorded has ended.
    state, said = terminal.run("rerun", recorded, "--model", "n")
    assert state == 1
    assert said.count("no answer: Upstream") == 2
    assert terminal.run("drift", recorded)[1].endswith("no answer came, so nothing can be said of the shape\n")
    assert terminal.run("rerun", recorded, "--model", "n", "--key-env", "NONE")[0] == 2


RENAMED = raw([b'data: {"choices":[{"index":0,"delta":{"words":"One."}}]}\n\ndata: [DONE]\n\n'])


@pytest.mark.parametrize(
    ("script", "state", "told"),
    [
        ((text("One.", usage=(3, 2)), CALL), 0, "2 asked again: the shape is the same"),
        ((text("Uno.", usage=(3, 2)), CALL), 0, "   1 text\n"),
        ((RENAMED, CALL), 1, "  + choices[].delta.words: string\n"),
        (
            (text("One.", usage=(3, 2)), status(500, {"error": {"message": "Broken."}})),
            1,
            "  ~ status: 200 → 200 or 500\n",
        ),
    ],
)
def test_drift_is_of_shape_or_of_meaning(
    terminal: Terminal, recorded: str, script: tuple[Reply, ...], state: int, told: str
) -> None:
    with ScriptedUpstream(*script) as upstream:
        ended, said = terminal.run("drift", recorded, "--upstream", upstream.url)
    assert told in said
    assert ended == state


def test_a_sample_is_the_same_again(terminal: Terminal, recorded: str) -> None:
    asked = []
    for _ in range(2):
        with ScriptedUpstream(default=text("One.")) as upstream:
            told = terminal.run(
                "drift", recorded, "--upstream", upstream.url, "--sample", "1", "--seed", "3", "--json"
            )[1]
            asked.append([each.body for each in upstream.requests])
        assert len(json.loads(told)["interactions"]) == 1
    assert asked[0] == asked[1]


def test_what_was_asked_now_can_be_kept(terminal: Terminal, recorded: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.jsonl")
    with ScriptedUpstream(text(f"It is {KEY}."), CALL) as upstream:
        words = ("rerun", recorded, "--model", "n", "--upstream", upstream.url, "--key-env", "K", "--out", out)
        assert terminal.run(*words, K=KEY)[0] == 0
        assert terminal.run(*words, K=KEY)[0] == 2
    assert [line.split()[3] for line in terminal.run("ls", out)[1].splitlines()] == ["n", "n"]
    assert KEY not in Path(out).read_text()
    assert terminal.run("verify", "--quiet", out)[0] == 0


def test_a_key_that_is_lacking_is_told(terminal: Terminal, recorded: str) -> None:
    with ScriptedUpstream(default=status(401, {"error": {"message": "Who are you?"}})) as upstream:
        said = terminal.run("rerun", recorded, "--model", "n", "--upstream", upstream.url)[1]
    assert "The API refused 2 of 2 requests: name its key with --key-env VAR.\n" in said
    assert "     status  - 200\n             + 401\n" in said


def test_nothing_to_ask_is_told(terminal: Terminal, tmp_path: Path) -> None:
    state, said = terminal.run("drift", written(tmp_path / "empty.jsonl"))
    assert (state, "nothing to ask again" in said) == (2, True)
