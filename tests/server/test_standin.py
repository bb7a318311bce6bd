"""A stand-in for any model API, recorded against a scripted one and replayed to clients that know nothing of us."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import openai
import pytest
from running_server import run
from running_standin import RunningStandin, running_standin

from antiphon.cassettes.interaction import End
from antiphon.cassettes.open import read_cassette
from antiphon.errors import ConfigFault
from antiphon.server.standin import Target
from antiphon.testing import Ending, Gate, Reply, Request, ScriptedUpstream, raw, status, text

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
PICTURE = bytes(range(256))
ANTHROPIC = [
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","content":[]}}\n\n',
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
]

Call = Callable[[RunningStandin], httpx2.Response]

BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}

CALLS: dict[str, Call] = {
    "chat completions, streamed": lambda api: api.http.post("/v1/chat/completions", json={**CHAT, "stream": True}),
    "chat completions": lambda api: api.http.post("/v1/chat/completions", json=CHAT),
    "messages": lambda api: api.http.post("/v1/messages", json={"model": "claude", "stream": True}),
    "gemini": lambda api: api.http.post("/v1beta/models/gemini:generateContent?alt=json", json={"contents": []}),
    "a picture": lambda api: api.http.get("/files/cat.png"),
    "a form": lambda api: api.http.post("/v1/audio", files={"file": ("a.wav", b"\x00\xff")}, headers=BOUNDARY),
    "a refusal": lambda api: api.http.put("/v1/thing/1", content=b"{}"),
    "nothing": lambda api: api.http.delete("/v1/thing/1"),
    "a head": lambda api: api.http.head("/files/cat.png"),
}


def upstream() -> ScriptedUpstream:
    picture = status(200, PICTURE, headers={"content-type": "image/png"})
    return ScriptedUpstream(
        text("Hel", "lo"),
        text("Hello"),
        paths={
            "POST /v1/messages": raw(ANTHROPIC),
            "POST /v1beta/models/gemini:generateContent": status(200, {"candidates": []}),
            "GET /files/cat.png": picture,
            "POST /v1/audio": status(200, "heard", headers={"content-type": "text/plain"}),
            "PUT /v1/thing/1": status(429, {"error": "slow"}, headers={"retry-after": "7", "x-internal": "secret"}),
            "DELETE /v1/thing/1": status(204),
            "HEAD /files/cat.png": status(200, headers={"content-type": "image/png"}),
        },
    )


@pytest.fixture
def api() -> Iterator[ScriptedUpstream]:
    with upstream() as running:
        yield running


def root(api: ScriptedUpstream) -> str:
    return api.url.removesuffix("/v1")


def bytes_of(answer: httpx2.Response) -> tuple[int, bytes, str | None, str | None]:
    return answer.status_code, answer.content, answer.headers.get("content-type"), answer.headers.get("retry-after")


def test_every_kind_of_call_is_recorded_and_replayed_byte_for_byte(api: ScriptedUpstream, tmp_path: Path) -> None:
    with running_standin("record", "--upstream", root(api), "tape.jsonl", folder=tmp_path) as recording:
        recorded = {name: bytes_of(call(recording)) for name, call in CALLS.items()}
    assert recording.status == 0
    assert recorded["a picture"] == (200, PICTURE, "image/png", None)
    assert recorded["a refusal"] == (429, b'{"error": "slow"}', "application/json", "7")
    for _ in range(2):
        with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
            assert {name: bytes_of(call(replay)) for name, call in CALLS.items()} == recorded
        assert replay.status == 0
        assert replay.said == f"{len(CALLS)} requests, 0 misses, 0 interactions unused\n"
    assert len(api.requests) == len(CALLS)


def test_the_same_bytes_reach_the_official_clients_and_curl(api: ScriptedUpstream, tmp_path: Path) -> None:
    with running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording:
        body = json.dumps({**CHAT, "stream": True})
        recorded = recording.http.post("/v1/chat/completions", content=body).content
    with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
        url = f"{replay.url}/v1"
        with openai.OpenAI(base_url=url, api_key="other", max_retries=0) as client:
            stream = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello"
        curl = subprocess.run(["curl", "-sN", f"{url}/chat/completions", "-d", body], capture_output=True, check=True)
        assert curl.stdout == recorded


def test_what_is_forwarded_is_what_the_client_said(api: ScriptedUpstream, tmp_path: Path) -> None:
    said = {
        "authorization": "Bearer sk-proj-abcdefgh12345678",
        "x-api-key": "own-key-of-the-client-1",
        "x-antiphon-scope": "mine",
        "accept-encoding": "gzip",
        "x-other": "kept",
    }
    with running_standin("record", "--upstream", root(api), "tape.jsonl", folder=tmp_path) as recording:
        recording.http.get("/files/cat.png?key=AIzaSyA-123456789012345678901234567890", headers=said)
    (request,) = api.requests
    assert request.path == "/files/cat.png?key=AIzaSyA-123456789012345678901234567890"
    assert {name: request.headers.get(name) for name in said} == {
        **said,
        "accept-encoding": "identity",
        "x-antiphon-scope": None,
    }
    assert request.headers["host"] == root(api).removeprefix("http://")
    written = (tmp_path / "tape.jsonl").read_text()
    for secret in ("abcdefgh12345678", "own-key-of-the-client", "AIzaSy"):
        assert secret not in written
    assert '"scope":"mine"' in written


def test_bytes_are_passed_on_as_they_arrive(tmp_path: Path) -> None:
    gate = Gate()
    with (
        ScriptedUpstream(text("Hel", "lo").held(gate, at=2)) as api,
        running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording,
        recording.http.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as answer,
    ):
        chunks = answer.iter_raw()
        assert b"data: " in next(chunks)
        gate.open()
        assert b"[DONE]" in b"".join(chunks)


def test_a_client_that_leaves_ends_the_upstream_call(tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hel", "lo").held(Gate(), at=2)) as api:
        with running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording:
            with recording.http.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as answer:
                next(answer.iter_raw())
            api.wait(lambda: bool(api.aborted))
        assert [each.end for each in read_cassette(tmp_path / "tape.jsonl").interactions] == [End.LEFT]


def test_a_cut_stream_breaks_off_in_the_replay_too(tmp_path: Path) -> None:
    cut = text("Hel", "lo").cut_after(250, Ending.CUT)
    seen = []
    with (
        ScriptedUpstream(cut) as api,
        running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording,
    ):
        seen.append(until_cut(recording))
    with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
        seen.append(until_cut(replay))
    assert len(seen[0]) == 250
    assert seen[0] == seen[1]


def until_cut(api: RunningStandin) -> bytes:
    """What comes of a stream before it breaks off."""
    parts: list[bytes] = []
    with pytest.raises(httpx2.RemoteProtocolError):
        read_into(parts, api)
    return b"".join(parts)


def read_into(parts: list[bytes], api: RunningStandin) -> None:
    with api.http.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as answer:
        parts += answer.iter_raw()


def test_auto_asks_only_for_what_the_cassette_lacks(tmp_path: Path) -> None:
    with ScriptedUpstream(text("One"), text("Two")) as api:
        for _ in range(2):
            words = ("--upstream", api.url, "--mode", "auto", "tape.jsonl")
            with running_standin("record", *words, folder=tmp_path) as auto:
                for question in (CHAT, {**CHAT, "model": "n"}):
                    assert auto.http.post("/v1/chat/completions", json=question).status_code == 200
        assert len(api.requests) == 2


def test_an_upstream_that_is_down_is_a_502(tmp_path: Path) -> None:
    words = ("--upstream", "http://127.0.0.1:9/v1", "tape.jsonl")
    with running_standin("record", *words, folder=tmp_path) as recording:
        answer = recording.http.post("/v1/chat/completions", json=CHAT)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_unavailable"


def test_a_web_page_may_use_it_only_if_that_is_allowed(api: ScriptedUpstream, tmp_path: Path) -> None:
    page = {"origin": "https://page.example"}
    with running_standin("record", "--upstream", root(api), "tape.jsonl", folder=tmp_path) as guarded:
        assert guarded.http.get("/files/cat.png", headers=page).status_code == 403
        assert guarded.http.get("/files/cat.png", headers={"host": "rebound.example"}).status_code == 403
        assert guarded.http.get("/files/cat.png").status_code == 200
    with running_standin("replay", "--cors", page["origin"], "tape.jsonl", folder=tmp_path) as opened:
        answer = opened.http.get("/files/cat.png", headers=page)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, page["origin"])
        asked = {**page, "access-control-request-method": "POST"}
        assert opened.http.options("/v1/chat/completions", headers=asked).status_code == 200


@pytest.mark.parametrize(
    ("base", "path", "address"),
    [
        ("https://api.openai.com/v1", "/v1/models", "https://api.openai.com/v1/models"),
        ("https://api.openai.com/v1/", "/models?a=b", "https://api.openai.com/v1/models?a=b"),
        ("https://api.openai.com", "/v1/models", "https://api.openai.com/v1/models"),
        ("https://openrouter.ai/api/v1", "/v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://openrouter.ai/api/v1", "/api/v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions"),
        ("http://host:1/a/b", "/b/c", "http://host:1/a/b/c"),
        ("http://host:1/a/b", "/a/c", "http://host:1/a/b/a/c"),
        ("http://host:1/v1", "/", "http://host:1/v1/"),
    ],
)
def test_base_url_and_path_overlap(base: str, path: str, address: str) -> None:
    assert Target(base).address(path) == address


@pytest.mark.parametrize("url", ["localhost:8000", "openai=https://api.openai.com/v1", "", "ftp://host"])
def test_an_upstream_needs_a_whole_address(url: str) -> None:
    with pytest.raises(ConfigFault, match="isn't an address such as"):
        Target(url)


def test_a_client_of_a_later_run_goes_on_with_ids_of_its_own(tmp_path: Path) -> None:
    taped, own = ("resp_" + digit * 48 for digit in "12")
    answered = '{{"id":"resp_{new}","object":"response","output":[],"previous_response_id":"{old}"}}'
    body = answered.format(new="3" * 48, old=taped).encode()
    event = b'event: response.completed\ndata: {"type":"response.completed","response":' + body + b"}\n\n"
    pieces = [event[:90], event[90:140], event[140:]]

    def answer(request: Request) -> Reply:
        return raw(pieces) if request.json.get("stream") else status(200, body)

    paths: dict[str, Reply | Callable[[Request], Reply]] = {
        "POST /v1/responses": answer,
        f"GET /v1/responses/{taped}": status(200, body),
    }

    def ask(api: RunningStandin, previous: str) -> list[bytes]:
        with openai.OpenAI(base_url=f"{api.url}/v1", api_key="none", max_retries=0) as client:
            said = {"model": "m", "input": f"After {previous}", "previous_response_id": previous}
            raw_answers = client.responses.with_raw_response
            streamed = raw_answers.create(**said, stream=True)  # type: ignore[call-overload] # as a dictionary
            whole = raw_answers.create(**said)  # type: ignore[call-overload] # the same
            return [each.http_response.read() for each in (streamed, whole, raw_answers.retrieve(previous))]

    with (
        ScriptedUpstream(paths=paths) as api,
        running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording,
    ):
        recorded = ask(recording, taped)
    with running_standin("replay", "tape.jsonl", folder=tmp_path) as replay:
        assert ask(replay, own) == [each.replace(taped.encode(), own.encode()) for each in recorded]
    assert replay.said == "3 requests, 0 misses, 0 interactions unused\n"
    with running_standin("replay", "--match", "exact", "tape.jsonl", folder=tmp_path) as replay:
        assert replay.http.get(f"/v1/responses/{own}").status_code == 404


def test_faults_happen_where_they_are_asked_for_and_a_client_gets_over_them(
    api: ScriptedUpstream, tmp_path: Path
) -> None:
    with running_standin("record", "--upstream", api.url, "tape.jsonl", folder=tmp_path) as recording:
        whole = recording.http.post("/v1/chat/completions", json={**CHAT, "stream": True}).content
    faults = ["status 429 retry-after=0 nth=1", "cut 2 nth=3", "garbage 1 nth=4", "stall 1 nth=5"]
    flags = [word for fault in faults for word in ("--fault", f"{fault} path=/v1/chat/*")]
    with running_standin("replay", *flags, "tape.jsonl", folder=tmp_path) as replay:
        with openai.OpenAI(base_url=f"{replay.url}/v1", api_key="none", max_retries=1) as client:
            stream = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello"
        with replay.http.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as answer:
            assert answer.headers["antiphon-fault"] == "cut"
            with pytest.raises(httpx2.RemoteProtocolError):
                answer.read()
        garbled = replay.http.post("/v1/chat/completions", json={**CHAT, "stream": True}).content
        assert garbled != whole
        assert whole.startswith(garbled.partition(b'data: {"garbled"')[0])
        with replay.http.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as answer:
            assert whole.startswith(next(answer.iter_raw()))
        # Its client has gone, so nothing waits for the rest, and the program ends at once.
    assert replay.said.splitlines()[-1] == "5 requests, 0 misses, 0 interactions unused, 4 faults"


def test_a_fault_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "tape.jsonl").touch()
    ended = run("replay", "--port", "0", "--fault", "explode", "tape.jsonl", folder=tmp_path)
    assert ended.returncode == 2
    assert "The fault 'explode' can't be read" in ended.stderr
