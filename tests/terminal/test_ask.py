"""`antiphon ask` as a user types it."""

from pathlib import Path

import pytest
from running_server import run

from antiphon.testing import Reply, ScriptedUpstream, raw, reasoning, refusal, status, text, tool_call


def ask(folder: Path, *replies: Reply, words: tuple[str, ...] = ()) -> tuple[int, str, str]:
    with ScriptedUpstream(*replies, models=["m"]) as upstream:
        done = run("ask", "Hello?", "--upstream", f"scripted={upstream.url}", *words, folder=folder)
        for request in upstream.requests:
            if request.method == "POST":
                assert request.json["messages"] == [{"role": "user", "content": "Hello?"}]
    return done.returncode, done.stdout, done.stderr


def test_the_answer_is_printed(tmp_path: Path) -> None:
    assert ask(tmp_path, text("Hel", "lo!")) == (0, "Hello!\n", "")


def test_a_model_may_be_named(tmp_path: Path) -> None:
    assert ask(tmp_path, text("Hello!"), words=("--model", "scripted/other")) == (0, "Hello!\n", "")


def test_a_refusal_is_printed_as_well(tmp_path: Path) -> None:
    assert ask(tmp_path, refusal("I won't.")) == (0, "I won't.\n", "")


def test_thinking_is_not_printed_into_a_pipe(tmp_path: Path) -> None:
    assert ask(tmp_path, reasoning("Hm.") + text("Hello!")) == (0, "Hello!\n", "")


def test_an_answer_that_stops_short_says_so(tmp_path: Path) -> None:
    status_, out, err = ask(tmp_path, text("Hel", finish="length"))
    assert (status_, out) == (0, "Hel\n")
    assert "[incomplete: max_output_tokens]" in err


def test_an_answer_that_fails_half_way(tmp_path: Path) -> None:
    failing = raw([b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n'])
    status_, out, err = ask(tmp_path, failing)
    assert (status_, out) == (1, "Hel\n")
    assert "without a finish reason" in err


def test_a_refused_request(tmp_path: Path) -> None:
    status_, out, err = ask(tmp_path, status(401, {"error": {"message": "Wrong key."}}))
    assert (status_, out, err) == (1, "", "antiphon: Wrong key.\n")


@pytest.mark.parametrize("reply", [text(), tool_call("f", "{}")], ids=["nothing", "a call"])
def test_an_answer_without_text(tmp_path: Path, reply: Reply) -> None:
    assert ask(tmp_path, reply) == (0, "\n", "")


def test_nobody_to_ask(tmp_path: Path) -> None:
    with ScriptedUpstream(models=[]) as upstream:
        done = run("ask", "Hello?", "--upstream", f"scripted={upstream.url}", folder=tmp_path)
    assert done.returncode == 2
    assert "There is no model to ask" in done.stderr


def test_a_cassette_answers(tmp_path: Path) -> None:
    assert ask(tmp_path, text("Hello!"), words=("--cassette", "tape.jsonl", "--mode", "record"))[0] == 0
    done = run("ask", "Hello?", "--cassette", "tape.jsonl", "--mode", "replay", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello!\n", "")


def test_nothing_is_kept(tmp_path: Path) -> None:
    ask(tmp_path, text("Hello!"))
    assert list(tmp_path.iterdir()) == []
