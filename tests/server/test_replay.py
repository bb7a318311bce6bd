"""Record against a scripted upstream, replay in fresh servers: the same bytes, and no upstream asked."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from running_server import Answer, RunningServer, running_server

from antiphon.testing import (
    Ending,
    Gate,
    Reply,
    ScriptedUpstream,
    raw,
    reasoning,
    refusal,
    status,
    text,
    tool_call,
)

Session = Callable[[RunningServer], list[Answer]]

QUESTION = {"model": "scripted/m", "input": "Hello?"}
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}


def ask(server: RunningServer, headers: Mapping[str, str] | None = None, **more: object) -> Answer:
    return server.post({**QUESTION, **more}, headers=headers)


def streamed(server: RunningServer) -> list[Answer]:
    return [ask(server, stream=True)]


def as_json(server: RunningServer) -> list[Answer]:
    return [ask(server)]


def obfuscated(server: RunningServer) -> list[Answer]:
    return [ask(server, stream=True, stream_options={"include_obfuscation": True})]


def the_same_twice(server: RunningServer) -> list[Answer]:
    return [ask(server, stream=True), ask(server, stream=True)]


def a_chain(server: RunningServer) -> list[Answer]:
    first = ask(server, stream=True, tools=[FUNCTION])
    (call,) = first.output
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
    second = ask(server, previous_response_id=first.response["id"], input=[output], stream=True)
    third = ask(server, previous_response_id=second.response["id"], input="And?")
    kept = [server.get(f"/responses/{answer.response['id']}") for answer in (first, second, third)]
    listed = server.get(f"/responses/{second.response['id']}/input_items")
    return [first, second, third, *kept, listed]


def passed_through(server: RunningServer) -> list[Answer]:
    chat = {"model": "scripted/m", "messages": [{"role": "user", "content": "Hello?"}]}
    return [
        server.post(chat | {"stream": True}, "/chat/completions"),
        server.post(chat, "/chat/completions"),
        server.post({"model": "scripted/m", "input": "Hello?"}, "/embeddings"),
    ]


def refused(server: RunningServer) -> list[Answer]:
    return [ask(server, stream=True), ask(server)]


VECTOR = status(200, {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]})

SESSIONS: list[tuple[str, Session, list[Reply]]] = [
    ("a stream", streamed, [text("Hel", "lo", "!")]),
    ("a stream in odd pieces", streamed, [text("Hel", "lö", "!").split(7, 1, 100)]),
    ("an answer as JSON", as_json, [text("Hello!")]),
    ("obfuscation", obfuscated, [text("Hel", "lo", "!")]),
    ("reasoning and a refusal", streamed, [reasoning("Hm.") + refusal("No.")]),
    ("parallel tool calls", streamed, [tool_call("f", '{"a": 1}', pieces=3) + tool_call("g", "{}", id="call_2")]),
    ("equal requests", the_same_twice, [text("One"), text("Two")]),
    ("a chain of responses", a_chain, [tool_call("f", "{}"), text("42!"), text("That's all.")]),
    ("calls passed through", passed_through, [text("Hel", "lo"), text("Hello!"), VECTOR]),
    ("a cut stream", streamed, [text("Hel", "lo").cut_after(400)]),
    ("a politely cut stream", streamed, [text("Hel", "lo").without_finish()]),
    ("a failure in a stream", streamed, [raw([b'data: {"error": {"message": "Out of memory.", "code": "oom"}}\n\n'])]),
    ("refusals", refused, [status(400, {"error": {"message": "No.", "code": "no"}}), status(404, "Not here.")]),
]


Takes = dict[str, list[list[Answer]]]


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Takes:
    """For each session its recording and two replays, all on one tape, the sessions one after another."""

    def all_of_them(server: RunningServer) -> list[Answer]:
        played.append([session(server) for _, session, _ in SESSIONS])
        return []

    folder = tmp_path_factory.mktemp("takes")
    played: list[list[list[Answer]]] = []
    recording(folder, all_of_them, [reply for _, _, replies in SESSIONS for reply in replies])
    replay(folder, all_of_them)
    replay(folder, all_of_them)
    return {name: list(three) for (name, _, _), three in zip(SESSIONS, zip(*played, strict=True), strict=True)}


@pytest.mark.parametrize("name", [name for name, _, _ in SESSIONS])
def test_the_recording_and_every_replay_give_the_same_bytes(takes: Takes, name: str) -> None:
    recorded, first, second = [[same(answer) for answer in answers] for answers in takes[name]]
    assert recorded == first
    assert recorded == second


def same(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """What must not differ: the status, every byte, and the headers of ours."""
    ours = {name: value for name, value in answer.headers.items() if name.startswith(("antiphon-", "x-", "content-"))}
    return answer.status, answer.body, ours


def recording(folder: Path, session: Session, replies: list[Reply]) -> list[Answer]:
    with ScriptedUpstream(*replies, models=["m"]) as upstream:
        flags = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl", "--mode", "record"]
        with running_server(*flags, folder=folder) as server:
            answers = session(server)
        asked = [request for request in upstream.requests if request.method == "POST"]
        assert len(asked) == len(replies)
        return answers


def replay(folder: Path, session: Session, *flags: str) -> list[Answer]:
    with running_server("--cassette", "tape.jsonl", "--mode", "replay", *flags, folder=folder) as server:
        return session(server)


def test_equal_requests_have_answers_of_their_own(takes: Takes) -> None:
    for one, two in takes["equal requests"]:
        assert (one.text, two.text) == ("One", "Two")
        assert one.response["id"] != two.response["id"]
        assert one.headers["x-request-id"] != two.headers["x-request-id"]


def test_concurrent_equal_requests_replay_as_recorded(tmp_path: Path) -> None:
    gate = Gate()

    def at_once(server: RunningServer) -> list[Answer]:
        with ThreadPoolExecutor() as threads:
            return list(threads.map(lambda _: ask(server, stream=True), range(2)))

    with ScriptedUpstream(text("One").held(gate), text("Two").held(gate), models=["m"]) as upstream:
        flags = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl", "--mode", "record"]
        with running_server(*flags, folder=tmp_path) as server, ThreadPoolExecutor() as threads:
            asking = threads.submit(at_once, server)
            upstream.wait(lambda: sum(request.method == "POST" for request in upstream.requests) == 2)
            gate.open()
            recorded = asking.result()
    for _ in range(2):
        assert {answer.body for answer in replay(tmp_path, at_once)} == {answer.body for answer in recorded}


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tape: each of a few questions once, and a vector."""

    def session(server: RunningServer) -> list[Answer]:
        asked = [ask(server, input=word, temperature=0.5, stream=True) for word in ("a", "b", "c", "d")]
        return [*asked, vector_of(server)]

    folder = tmp_path_factory.mktemp("tape")
    recording(folder, session, [*[text("Hello!")] * 4, VECTOR])
    return folder


def vector_of(server: RunningServer) -> Answer:
    return server.post({"model": "scripted/m", "input": "Hello?"}, "/embeddings")


@pytest.fixture(scope="module")
def replaying(tape: Path) -> Iterator[RunningServer]:
    with running_server("--cassette", "tape.jsonl", "--mode", "replay", folder=tape) as server:
        yield server


@pytest.fixture(scope="module")
def never_repeating(tape: Path) -> Iterator[RunningServer]:
    flags = ["--cassette", "tape.jsonl", "--mode", "replay", "--repeats", "no"]
    with running_server(*flags, folder=tape) as server:
        yield server


@pytest.mark.parametrize(("word", "stream"), [("a", True), ("b", False)], ids=["stream", "json"])
def test_an_answer_that_is_used_up_is_repeated_and_says_so(
    replaying: RunningServer, word: str, *, stream: bool
) -> None:
    first, second = [ask(replaying, input=word, temperature=0.5, stream=stream) for _ in range(2)]
    assert "antiphon-replay" not in first.headers
    assert second.headers["antiphon-replay"] == "repeated"
    assert second.text == first.text
    assert second.response["id"] != first.response["id"]


def test_a_repeated_passthrough_says_so(replaying: RunningServer) -> None:
    first, second = vector_of(replaying), vector_of(replaying)
    assert first.body == second.body
    assert second.headers["antiphon-replay"] == "repeated"


@pytest.mark.parametrize(("word", "stream"), [("a", True), ("b", False)], ids=["stream", "json"])
def test_without_repeats_a_used_up_answer_is_a_miss(never_repeating: RunningServer, word: str, *, stream: bool) -> None:
    first, second = [ask(never_repeating, input=word, temperature=0.5, stream=stream) for _ in range(2)]
    assert first.text == "Hello!"
    assert (second.status, second.error["code"]) == (404, "cassette_miss")
    assert "used up" in second.error["message"]


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_a_miss_names_the_nearest_and_what_differs(replaying: RunningServer, *, stream: bool) -> None:
    miss = ask(replaying, input="Bye?", temperature=0.5, top_p=0.1, stream=stream)
    assert (miss.status, miss.error["code"]) == (404, "cassette_miss")
    for said in ("tape.jsonl:", "messages[0].content", '"Bye?"', "top_p", "0.1"):
        assert said in miss.error["message"]
    assert "temperature" not in miss.error["message"]


def test_replay_knows_its_models_without_an_upstream(replaying: RunningServer) -> None:
    assert [model["id"] for model in replaying.get("/models").json["data"]] == ["scripted/m"]
    bare = replaying.post({"model": "m", "input": "c", "temperature": 0.5, "stream": True})
    assert bare.text == "Hello!"


def test_no_upstream_is_asked_in_replay(tmp_path: Path) -> None:
    recording(tmp_path, streamed, [text("Hello!")])
    with ScriptedUpstream(default=text("Wrong!")) as upstream:
        (answer, miss) = replay(
            tmp_path,
            lambda server: [ask(server, stream=True), ask(server, input="Else?")],
            "--upstream",
            f"scripted={upstream.url}",
        )
        assert (answer.text, miss.status) == ("Hello!", 404)
        assert upstream.requests == []


def test_auto_replays_what_it_has_and_records_what_it_lacks(tmp_path: Path) -> None:
    (recorded,) = recording(tmp_path, streamed, [text("Hello!")])
    with ScriptedUpstream(text("Bye!"), models=["m"]) as upstream:
        flags = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl"]
        with running_server(*flags, folder=tmp_path) as server:
            old, new, again = ask(server, stream=True), ask(server, input="Bye?"), ask(server, input="Bye?")
        assert sum(request.method == "POST" for request in upstream.requests) == 1
    assert old.body == recorded.body
    assert (new.text, again.text) == ("Bye!", "Bye!")
    assert "antiphon-replay" in again.headers
    (replayed,) = replay(tmp_path, lambda server: [ask(server, input="Bye?")])
    assert replayed.body == new.body


def test_no_key_gets_into_a_cassette(tmp_path: Path) -> None:
    secret = "sk-abcdefghijklmnop1234567890"
    with ScriptedUpstream(text(f"Your key is {secret}."), models=["m"]) as upstream:
        flags = ["--upstream", f"scripted={upstream.url},key-env=MINE", "--cassette", "tape.jsonl", "--mode", "record"]
        with running_server(*flags, folder=tmp_path, variables={"MINE": "top-secret-key"}) as server:
            live = ask(server, headers={"authorization": "Bearer mine"}, input=f"My key is {secret}.")
        assert upstream.requests[-1].headers["authorization"] == "Bearer top-secret-key"
    assert secret in live.text
    tape = (tmp_path / "tape.jsonl").read_text()
    for kept in (secret, "top-secret-key", "Bearer mine"):
        assert kept not in tape


def test_a_cassette_reads_as_lines_with_one_event_each(tmp_path: Path) -> None:
    recording(tmp_path, streamed, [text("Hel", "lo")])
    lines = (tmp_path / "tape.jsonl").read_text().splitlines()
    first: dict[str, Any] = json.loads(lines[0])
    assert first["antiphon"]
    assert sum('"Hel\\"' in line or '"Hel"' in line for line in lines) == 1


def test_a_stream_that_a_client_left_replays_as_cut(tmp_path: Path) -> None:
    gate = Gate()
    with ScriptedUpstream(text("Hel", "lo").held(gate, at=2), models=["m"]) as upstream:
        flags = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl", "--mode", "record"]
        with running_server(*flags, folder=tmp_path) as server:
            with server.http.stream("POST", "/responses", json={**QUESTION, "stream": True}) as got:
                for part in got.iter_bytes():
                    if b'"Hel"' in part:
                        break
            upstream.wait(lambda: bool(upstream.aborted))
    (answer,) = replay(tmp_path, streamed)
    assert answer.text == "Hel"
    assert answer.kinds[-2:] == ["error", "response.failed"]
    assert "client that was recorded left" in answer.events[-2]["message"]


def test_silence_is_replayed_without_waiting(tmp_path: Path) -> None:
    def session(server: RunningServer) -> list[Answer]:
        return [ask(server, stream=True)]

    with ScriptedUpstream(raw([b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n', Ending.STALL])) as upstream:
        flags = ["--upstream", f"scripted={upstream.url}", "--cassette", "tape.jsonl", "--mode", "record"]
        with running_server(*flags, "--idle-timeout", "0.5", folder=tmp_path) as server:
            (recorded,) = session(server)
    (replayed,) = replay(tmp_path, session)
    assert replayed.body == recorded.body
    assert replayed.text == "Hel"
    assert replayed.events[-2]["code"] == "upstream_timeout"


def test_what_goes_wrong_on_purpose_goes_wrong_as_it_would_in_earnest(tmp_path: Path) -> None:
    [recorded] = recording(tmp_path, streamed, [text("Hel", "lo", "!")])
    flags = ("--fault", "status 503 nth=1-2", "--fault", "cut 2 nth=4")
    asked = replay(tmp_path, lambda server: [*streamed(server), *streamed(server)], *flags)
    # The first two are tried again; the cut stream failed after it had begun.
    assert same(asked[0]) == same(recorded)
    assert asked[1].kinds[-2:] == ["error", "response.failed"]
    assert asked[1].headers.get("x-request-id") != asked[0].headers.get("x-request-id")


def test_an_id_of_the_clients_own_comes_back_in_what_the_model_says(tmp_path: Path) -> None:
    taped, own = ("conv_" + digit * 32 for digit in "12")

    def told(conversation: str) -> Session:
        return lambda server: [ask(server, stream=True, input=f"I keep this as {conversation}.")]

    spelled = [taped[at : at + 5] for at in range(0, len(taped), 5)]
    [recorded] = recording(tmp_path, told(taped), [text("It is ", *spelled, ".")])
    [again], [other] = replay(tmp_path, told(taped)), replay(tmp_path, told(own))
    assert same(again) == same(recorded)
    assert (recorded.text, other.text) == (f"It is {taped}.", f"It is {own}.")
    assert other.kinds == recorded.kinds
    assert taped.encode() not in other.body
