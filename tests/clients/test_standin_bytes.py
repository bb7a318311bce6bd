"""The same stand-in replays to clients of three languages: each gets the bytes that were recorded."""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from cassettes.tapes import request
from client_environments import client_modules, node
from running_standin import running_standin

from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction, Origin
from antiphon.cassettes.redaction import redact_request
from antiphon.cassettes.rewriting import Head, write_cassette

SCRIPT = Path(__file__).with_name("node") / "bytes.mjs"
ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Say “hello”."}]}
WHOLE = json.dumps({"id": "c", "object": "chat.completion", "choices": [
    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Grüße, “Ann”! 🎈"}}]}).encode()  # fmt: skip
EVENTS = [
    f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [{'index': 0, 'delta': {'content': text}}]}, ensure_ascii=False)}\n\n".encode()
    for text in ("Grüße, ", "“Ann”! ", "🎈")
] + [b"data: [DONE]\n\n"]
BODIES = {"whole": ASKED, "streamed": {**ASKED, "stream": True}}
RECORDED = {"whole": WHOLE, "streamed": b"".join(EVENTS)}


@dataclass
class Standin:
    """Where it is, and a folder for scripts."""

    url: str
    folder: Path


def told(body: dict[str, Any], kind: str, *pieces: bytes) -> Interaction:
    chunks = tuple(Chunk(number, piece) for number, piece in enumerate(pieces))
    answered = Answered(200, {"content-type": kind}, chunks, End.COMPLETE, len(pieces))
    return Interaction(1, redact_request(request(body)), End.COMPLETE, Origin("t"), lambda: answered)


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    folder = tmp_path_factory.mktemp("standin")
    # A character is split over chunks, so that nobody gets away with decoding one at a time.
    inside = EVENTS[0].index("ü".encode()) + 1
    pieces = [EVENTS[0][:inside], EVENTS[0][inside:] + EVENTS[1], *EVENTS[2:]]
    tape = [told(BODIES["whole"], "application/json", WHOLE), told(BODIES["streamed"], "text/event-stream", *pieces)]
    write_cassette(folder / "tape.jsonl", Head(5), tape)
    with running_standin("replay", "tape.jsonl", folder=folder) as running:
        yield Standin(running.url, folder)


def by_openai(standin: Standin, body: dict[str, Any]) -> bytes:
    with (
        openai.OpenAI(base_url=f"{standin.url}/v1", api_key="none", max_retries=0) as client,
        client.chat.completions.with_streaming_response.create(**body) as answer,
    ):
        return b"".join(answer.iter_bytes())


def by_openai_async(standin: Standin, body: dict[str, Any]) -> bytes:
    async def ask() -> bytes:
        async with (
            openai.AsyncOpenAI(base_url=f"{standin.url}/v1", api_key="none", max_retries=0) as client,
            client.chat.completions.with_streaming_response.create(**body) as answer,
        ):
            return b"".join([data async for data in answer.iter_bytes()])

    return asyncio.run(ask())


def by_httpx(standin: Standin, body: dict[str, Any]) -> bytes:
    return httpx2.post(f"{standin.url}/v1/chat/completions", json=body).content


def by_curl(standin: Standin, body: dict[str, Any]) -> bytes:
    words = ["curl", "-sS", "-H", "content-type: application/json", "-d", json.dumps(body)]
    return subprocess.run([*words, f"{standin.url}/v1/chat/completions"], check=True, capture_output=True).stdout


def by_node(standin: Standin, body: dict[str, Any]) -> bytes:
    program, modules = node(), client_modules("node")
    # Node looks for packages beside the script.
    beside = standin.folder / "node_modules"
    if not beside.exists():
        beside.symlink_to(modules)
    script = shutil.copy(SCRIPT, standin.folder)
    line = json.dumps({"url": f"{standin.url}/v1", "body": body})
    ran = subprocess.run([program, str(script)], input=line, text=True, capture_output=True, check=True, timeout=120)
    return base64.b64decode(ran.stdout)


CLIENTS: list[Callable[[Standin, dict[str, Any]], bytes]] = [by_openai, by_openai_async, by_httpx, by_curl, by_node]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("ask", CLIENTS, ids=lambda ask: ask.__name__)
def test_every_client_gets_the_bytes_that_were_recorded(
    standin: Standin, ask: Callable[[Standin, dict[str, Any]], bytes], kind: str
) -> None:
    if ask is by_curl and not shutil.which("curl"):
        pytest.skip("no client: curl isn't on this machine")
    assert ask(standin, BODIES[kind]) == RECORDED[kind]


def test_the_official_client_reads_them(standin: Standin) -> None:
    with (
        openai.OpenAI(base_url=f"{standin.url}/v1", api_key="none", max_retries=0) as client,
        client.chat.completions.create(**BODIES["streamed"]) as stream,
    ):
        assert "".join(chunk.choices[0].delta.content for chunk in stream) == "Grüße, “Ann”! 🎈"
