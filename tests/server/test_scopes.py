import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running_server import Answer, RunningServer, running_server
from running_standin import running_standin
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.cassettes.open import read_cassette
from antiphon.server.scopes import Scoped, scope_of
from antiphon.testing import ScriptedUpstream, text, tool_call

QUESTION = {"model": "scripted/m", "input": "Hello?", "stream": True}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({}, ""),
        ({"x-antiphon-scope": " one "}, "one"),
        ({"x-llamastack-provider-data": '{"__test_id": "tests/a.py::test_b[x]", "key": 1}'}, "tests/a.py::test_b[x]"),
        ({"x-ogx-provider-data": '{"__test_id": "two"}'}, "two"),
        ({"x-antiphon-scope": "one", "x-ogx-provider-data": '{"__test_id": "two"}'}, "one"),
        ({"x-ogx-provider-data": '{"other": "two"}'}, ""),
        ({"x-ogx-provider-data": "not JSON"}, ""),
        ({"x-ogx-provider-data": "[" * 10_000}, ""),
        ({"x-ogx-provider-data": '{"__test_id": 7}'}, ""),
        ({"x-llamastack-provider-data": "{}", "x-ogx-provider-data": '{"__test_id": "two"}'}, "two"),
    ],
)
def test_the_scope_of_a_request(headers: dict[str, str], scope: str) -> None:
    assert scope_of(headers) == scope


async def test_each_scope_has_its_own_application_and_the_oldest_is_forgotten() -> None:
    built: list[str] = []

    def build(name: str) -> ASGIApp:
        built.append(name)

        async def app(_: Scope, __: Receive, send: Send) -> None:
            await send({"type": "answered", "by": name})

        return app

    answered: list[str] = []

    async def send(message: Message) -> None:
        answered.append(message["by"])

    async def receive() -> Message:
        raise AssertionError

    scoped = Scoped(build, most=2)
    for name in ("", "one", "two", "one", "three", "two", "one"):
        headers = [(b"accept", b"*/*"), *([(b"x-antiphon-scope", name.encode())] if name else [])]
        await scoped({"type": "http", "headers": headers}, receive, send)
    assert answered == ["", "one", "two", "one", "three", "two", "one"]
    assert built == ["", "one", "two", "three", "one"]


def chain(server: RunningServer, scope: str = "") -> list[Answer]:
    """Two streamed turns with a tool call between them, and what is kept of them."""
    headers = {"x-antiphon-scope": scope} if scope else {}
    first = server.post({**QUESTION, "tools": [TOOL]}, headers=headers)
    (call,) = first.output
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
    follow = {**QUESTION, "previous_response_id": first.response["id"], "input": [output]}
    second = server.post(follow, headers=headers)
    kept = server.get(f"/responses/{second.response['id']}", headers)
    return [first, second, kept]


def bodies(answers: list[Answer]) -> list[bytes]:
    return [answer.body for answer in answers]


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """A chain recorded once, without a scope; what its client saw."""
    folder = tmp_path_factory.mktemp("scopes")
    with ScriptedUpstream(tool_call("f", "{}"), text("Forty-", "two."), models=["m"]) as upstream:
        words = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl", "--mode", "record"]
        with running_server(*words, folder=folder) as server:
            return folder, bodies(chain(server))


def test_a_hundred_scopes_eight_at_a_time_get_the_same_bytes(tape: tuple[Path, list[bytes]]) -> None:
    folder, recorded = tape
    with running_server("--cassette", "tape.jsonl", "--mode", "replay", folder=folder) as server:
        with ThreadPoolExecutor(8) as threads:
            replayed = list(threads.map(lambda n: chain(server, f"test {n}"), range(100)))
        assert {tuple(bodies(answers)) for answers in replayed} == {tuple(recorded)}
        assert not any("antiphon-replay" in answer.headers for answers in replayed for answer in answers)
        assert {len({answers[n].headers["x-request-id"] for answers in replayed}) for n in range(3)} == {1}


def test_what_a_scope_stored_is_its_own(tape: tuple[Path, list[bytes]]) -> None:
    with running_server("--cassette", "tape.jsonl", "--mode", "replay", folder=tape[0]) as server:
        kept = chain(server, "one")[-1]
        path = f"/responses/{kept.json['id']}"
        assert server.get(path, {"x-antiphon-scope": "one"}).status == 200
        assert server.get(path, {"x-antiphon-scope": "two"}).status == 404
        assert server.get(path).status == 404


def test_what_is_recorded_in_a_scope_is_replayed_there_and_missed_elsewhere(tmp_path: Path) -> None:
    with ScriptedUpstream(text("One"), text("Two"), models=["m"]) as upstream:
        words = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl"]
        with running_server(*words, "--mode", "record", folder=tmp_path) as server:
            assert [asked(server, scope).text for scope in ("one", "two")] == ["One", "Two"]
    with running_server("--cassette", "tape.jsonl", "--mode", "replay", folder=tmp_path) as server:
        assert [asked(server, scope).text for scope in ("two", "one")] == ["Two", "One"]
        missed = asked(server, "three")
        assert (missed.status, missed.error["code"]) == (404, "cassette_miss")
        assert "X-Antiphon-Scope: one" in missed.error["message"]
        assert [asked(server).text for _ in range(3)] == ["One", "Two", "Two"]


def asked(server: RunningServer, scope: str = "") -> Answer:
    return server.post(QUESTION, headers={"x-antiphon-scope": scope} if scope else None)


@pytest.mark.recordings
def test_the_recordings_of_llama_stack_are_found_by_their_test_id(recordings_dir: Path) -> None:
    folder = recordings_dir / "llama-stack-e9b4278a5"
    found = [each for each in read_cassette(folder).interactions if each.asked.path == "/v1/chat/completions"]
    bodies = Counter(each.asked.key for each in found)
    shared = [each for each in found if each.scope and bodies[each.asked.key] > 1][:20]
    assert shared
    with running_standin("replay", str(folder), folder=recordings_dir) as api:
        for each in shared:
            data = {"__test_id": each.scope}
            answer = api.http.post(
                each.asked.path,
                content=each.asked.body,
                headers={"x-llamastack-provider-data": json.dumps(data)},
            )
            own = next(one for one in found if one.scope == each.scope and one.asked.key == each.asked.key)
            assert answer.content == b"".join(chunk.data for chunk in own.load().chunks)
