"""A scripted network and small builders, for the tests of this folder."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from antiphon.cassettes.interaction import Answered, Asked, Chunk, End, Interaction, Origin
from antiphon.cassettes.redaction import redact_request
from antiphon.transport import HttpAnswer, HttpRequest

URL = "http://127.0.0.1:11434/v1/chat/completions"
SSE = {"content-type": "text/event-stream"}


class ScriptedAnswer:
    """Gives its chunks, waits for the gates among them, raises the errors among them."""

    def __init__(
        self, script: Sequence[bytes | Exception | asyncio.Event], status: int = 200, headers: Mapping[str, str] = SSE
    ) -> None:
        self.status = status
        self.headers = headers
        self.closed = False
        self._script = iter(script)

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for step in self._script:
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                return step
        raise StopAsyncIteration

    async def close(self) -> None:
        self.closed = True


class ScriptedNetwork:
    """Answers requests with a list of answers and errors, in order, and remembers what was asked."""

    def __init__(self, *answers: ScriptedAnswer | Exception) -> None:
        self.asked: list[HttpRequest] = []
        self.closed = False
        self._answers = iter(answers)

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True


def request(body: Any = None, *, url: str = URL, upstream: str = "ollama", **headers: str) -> HttpRequest:
    """A POST of JSON, or of bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return HttpRequest("POST", url, upstream, {"content-type": "application/json", **headers}, data)


def chat(text: str, model: str = "llama3.2", **more: Any) -> dict[str, Any]:
    """The body of a chat completion with one user message."""
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}


def event(text: str) -> bytes:
    """A chat-completion chunk as an SSE event."""
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


def asked(body: Any, **more: Any) -> Asked:
    """A request as a cassette sees it."""
    return redact_request(request(body, **more))


def interaction(
    body: Any, answer: bytes = b"", *, number: int = 1, end: End = End.COMPLETE, **more: Any
) -> Interaction:
    """An interaction that lies in memory; `more` are fields of `Interaction` and `upstream`."""
    upstream = more.pop("upstream", "ollama")
    answered = Answered(200, SSE, (Chunk(0, answer),), end)
    origin = Origin("tape.jsonl", number + 1)
    return Interaction(number, asked(body, upstream=upstream), end, origin, lambda: answered, **more)


async def body_of(answer: HttpAnswer) -> list[bytes]:
    """All chunks of an answer, which is closed then."""
    try:
        return [data async for data in answer.chunks()]
    finally:
        await answer.close()
