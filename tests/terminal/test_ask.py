"""`antiphon ask` as a user types it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from running_server import run

from antiphon.cli import main
from antiphon.testing import Reply, ScriptedUpstream, raw, reasoning, refusal, status, text, tool_call

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Ask a model that gives these replies: the exit status, and what was said on both outputs."""

    def asking(*replies: Reply, words: tuple[str, ...] = ()) -> tuple[int, str, str]:
        with ScriptedUpstream(*replies, models=["m"]) as upstream:
            ended = main(["ask", "Hello?", "--upstream", f"scripted={upstream.url}", *words], {})
            for request in upstream.requests:
                if request.method == "POST":
                    assert request.json["messages"] == [{"role": "user", "content": "Hello?"}]
        return ended, *capsys.readouterr()

    return asking


def test_the_answer_is_printed(ask: Ask) -> None:
    assert ask(text("Hel", "lo!")) == (0, "Hello!\n", "")


def test_a_model_may_be_named(ask: Ask) -> None:
    assert ask(text("Hello!"), words=("--model", "scripted/other")) == (0, "Hello!\n", "")


def test_a_refusal_is_printed_as_well(ask: Ask) -> None:
    assert ask(refusal("I won't.")) == (0, "I won't.\n", "")


def test_thinking_is_not_printed_into_a_pipe(ask: Ask) -> None:
    assert ask(reasoning("Hm.") + text("Hello!")) == (0, "Hello!\n", "")


def test_an_answer_that_stops_short_says_so(ask: Ask) -> None:
    status_, out, err = ask(text("Hel", finish="length"))
    assert (status_, out) == (0, "Hel\n")
    assert "[incomplete: max_output_tokens]" in err


def test_an_answer_that_fails_half_way(ask: Ask) -> None:
    failing = raw([b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n'])
    status_, out, err = ask(failing)
    assert (status_, out) == (1, "Hel\n")
    assert "without a finish reason" in err


def test_a_refused_request(ask: Ask) -> None:
    status_, out, err = ask(status(401, {"error": {"message": "Wrong key."}}))
    assert (status_, out, err) == (1, "", "antiphon: Wrong key.\n")


@pytest.mark.parametrize("reply", [text(), tool_call("f", "{}")], ids=["nothing", "a call"])
def test_an_answer_without_text(ask: Ask, reply: Reply) -> None:
    assert ask(reply) == (0, "\n", "")


def test_nobody_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedUpstream(models=[]) as upstream:
        assert main(["ask", "Hello?", "--upstream", f"scripted={upstream.url}"], {}) == 2
    assert "There is no model to ask" in capsys.readouterr().err


def test_a_cassette_answers(ask: Ask, tmp_path: Path) -> None:
    cassette = ("--cassette", str(tmp_path / "tape.jsonl"))
    assert ask(text("Hello!"), words=(*cassette, "--mode", "record"))[0] == 0
    done = run("ask", "Hello?", *cassette, "--mode", "replay", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello!\n", "")


def test_nothing_is_kept(tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hello!"), models=["m"]) as upstream:
        done = run("ask", "Hello?", "--upstream", f"scripted={upstream.url}", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello!\n", "")
    assert list(tmp_path.iterdir()) == []
