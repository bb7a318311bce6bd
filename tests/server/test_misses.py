"""What a miss says, done word for word: after the command it names, and under the rule it names, there is an answer."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from cassettes.tapes import asked, interaction
from running_server import running_server
from running_standin import RunningStandin, running_standin

from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.testing import ScriptedUpstream, text

COMMAND = re.compile(r"`(antiphon [^`]+)`")
RULE = re.compile(r"Or let it match: (.+)")


def chat(words: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": words}], "stream": True}


def ask(api: RunningStandin, words: str, scope: str = "") -> tuple[int, str]:
    headers = {"x-antiphon-scope": scope} if scope else {}
    answer = api.http.post("/v1/chat/completions", json=chat(words), headers=headers)
    return answer.status_code, answer.text


def missed(folder: Path, words: str) -> str:
    """The message of a miss: in the answer and, word for word, on standard error; the program ends with 1."""
    with running_standin("replay", "tape.jsonl", folder=folder) as api:
        status, body = ask(api, words)
    assert status == 404
    assert json.loads(body)["error"]["code"] == "cassette_miss"
    assert json.loads(body)["error"]["message"] in api.said
    assert api.status == 1
    return api.said


def follow(command: str, folder: Path, words: str, scope: str = "") -> int:
    """Run `antiphon record …` as it was named, and ask again; how many interactions that recorded."""
    program, action, *rest = shlex.split(command)
    assert (program, action) == ("antiphon", "record")
    before = len(read_cassette(folder / "tape.jsonl"))
    with running_standin(action, *rest, folder=folder) as api:
        assert [ask(api, words, scope)[0] for _ in range(2)] == [200, 200]
    return len(read_cassette(folder / "tape.jsonl")) - before


def recorded(folder: Path, api: ScriptedUpstream, scope: str = "") -> None:
    """A cassette with one request and its answer."""
    one = asked(chat("Say hello to Ann."), url=f"{api.url}/chat/completions", upstream="api")
    taped = interaction(b"{}", b"data: [DONE]\n\n", scope=scope)
    write_cassette(folder / "tape.jsonl", Head(5), [replace(taped, asked=one)])


def test_one_changed_word(tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hello, Bob.")) as api:
        recorded(tmp_path, api)
        said = missed(tmp_path, "Say hello to Bob.")
        assert 'messages[0].content: recorded "Say hello to Ann.", asked "Say hello to Bob."' in said
        rules = shlex.split(RULE.findall(said)[0])
        with running_standin("replay", *rules, "tape.jsonl", folder=tmp_path) as replay:
            assert ask(replay, "Say hello to Bob.")[0] == 200
        assert follow(COMMAND.findall(said)[0], tmp_path, "Say hello to Bob.") == 1
        assert len(api.requests) == 1
    tape = read_cassette(tmp_path / "tape.jsonl")
    assert [each.asked.body.count(b"Bob") for each in tape.interactions] == [0, 1]


def test_what_another_scope_has_or_almost_has(tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hello again.")) as api:
        recorded(tmp_path, api, scope="theirs")
        with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
            said = ask(replay, "Say hello to Ann.", "mine")[1]
            near = ask(replay, "Say hello to Bob.", "mine")[1]
            assert "this very request is there for the scope 'theirs' (tape.jsonl:2)" in said
            assert "is tape.jsonl:2, of the scope theirs; it differs in" in near
            scope = re.findall(r"`X-Antiphon-Scope: (\w+)`", said)[0]
            assert ask(replay, "Say hello to Ann.", scope)[0] == 200
        assert follow(COMMAND.findall(said)[0], tmp_path, "Say hello to Ann.", "mine") == 1
    assert [each.scope for each in read_cassette(tmp_path / "tape.jsonl").interactions] == ["theirs", "mine"]


def test_an_empty_cassette(tmp_path: Path) -> None:
    (tmp_path / "tape.jsonl").touch()
    said = missed(tmp_path, "Say hello to Ann.")
    assert "The cassette tape.jsonl is empty, so POST /v1/chat/completions has no answer" in said
    with ScriptedUpstream(text("Hello, Ann.")) as api:
        command = COMMAND.findall(said)[0].replace("URL", api.url)
        assert follow(command, tmp_path, "Say hello to Ann.") == 1


def test_a_server_names_its_own_command(tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hello, Bob."), models=["m"]) as api:
        recorded(tmp_path, api)
        body = {"model": "api/m", "input": "Say hello to Bob."}
        with running_server("--cassette", "tape.jsonl", "--mode", "replay", folder=tmp_path) as server:
            message = server.post(body).error["message"]
        program, action, *rest = shlex.split(COMMAND.findall(message)[0])
        assert (program, action) == ("antiphon", "serve")
        with running_server(*rest, folder=tmp_path) as server:
            assert server.post(body).text == "Hello, Bob."
    assert len(read_cassette(tmp_path / "tape.jsonl")) > 1
