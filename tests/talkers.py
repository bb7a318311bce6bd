"""Clients that talk to a server all at once, and hold it to its word afterwards.

Each talker asks turn after turn, in a conversation or along a chain; every third turn of it is a tool call, which is
answered in the next. What it asks is unique, and the model answers with what it was asked, so that every item can be
told from all others. When the server fails a talker, it begins a new thread. Counterparts: `running_server.py`,
`state/test_crashes.py`.
"""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from judged_http import NO_TLS, judge_stream

from antiphon.testing import Reply, Request, text, tool_call

Json = dict[str, Any]

TALKERS = 8
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}
TERMINAL = {"response.completed", "response.incomplete", "response.failed"}


def echo(request: Request) -> Reply:
    """The model: it calls a tool when asked for one, and else repeats what it was told."""
    last = request.json["messages"][-1]
    said = last["content"]
    if last["role"] == "user" and said.startswith("look"):
        return tool_call("look", json.dumps({"at": said}), id=f"call-{said}", pieces=2).timed(between=0.002)
    return text("heard ", said[:4], said[4:]).timed(between=0.003)


@dataclass
class Turn:
    """One request: what it asked, and how far its answer came. `final` is the response in the terminal event."""

    asked: str
    is_output: bool
    response_id: str | None = None
    final: Json | None = None

    @property
    def answered(self) -> bool:
        return self.final is not None and self.final["status"] == "completed"

    def marks(self) -> list[str]:
        """What tells this turn's items, in order."""
        kind = "function_call_output" if self.is_output else "message"
        if self.asked.startswith("look"):
            return [f"{kind}:{self.asked}", f"function_call:{self.asked}"]
        return [f"{kind}:{self.asked}", f"message:heard {self.asked}"]


def mark(item: Json) -> str:
    """What tells an item from all others."""
    if item["type"] == "function_call":
        return f"function_call:{json.loads(item['arguments'])['at']}"
    if item["type"] == "function_call_output":
        return f"function_call_output:{item['output']}"
    return f"message:{item['content'][0]['text']}"


@dataclass
class Thread:
    """The turns of one talker, in order. `conversation` is None for a chain."""

    conversation: str | None
    turns: list[Turn] = field(default_factory=list)

    @property
    def last(self) -> Json | None:
        return self.turns[-1].final if self.turns else None


class Talkers:
    """All of them. `threads` is what was said; `refusals` counts answers by status."""

    def __init__(self, url: str) -> None:
        """`url` ends in `/v1`."""
        self.url = url
        self.threads: list[Thread] = []
        self.refusals: dict[int, int] = {}
        self._numbers = count(1)
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def answered(self) -> int:
        """How many turns were answered."""
        return sum(turn.answered for thread in self.threads for turn in thread.turns)

    def start(self) -> None:
        """Begin; they go on until `stop`, or until nobody listens any more."""
        self._tasks = [asyncio.create_task(self._talk(in_conversation=bool(n % 2))) for n in range(TALKERS)]

    async def until_answered(self, number: int) -> None:
        """Wait until so many turns were answered altogether."""
        async with self._changed, asyncio.timeout(60):
            await self._changed.wait_for(lambda: self.answered >= number)

    async def until_refused(self, number: int) -> None:
        """Wait until so many requests failed altogether."""
        async with self._changed, asyncio.timeout(60):
            await self._changed.wait_for(lambda: sum(self.refusals.values()) >= number)

    async def stop(self) -> None:
        """End them in the middle of what they do."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ended(self) -> None:
        """Wait until each has found nobody listening."""
        await asyncio.gather(*self._tasks)

    async def _talk(self, *, in_conversation: bool) -> None:
        async with httpx2.AsyncClient(base_url=self.url, timeout=30, verify=NO_TLS) as http:
            try:
                while True:
                    thread = await self._begin(http, in_conversation=in_conversation)
                    while thread and await self._turn(http, thread):
                        pass
            except httpx2.TransportError:
                return

    async def _begin(self, http: httpx2.AsyncClient, *, in_conversation: bool) -> Thread | None:
        conversation = None
        if in_conversation:
            made = await http.post("/conversations")
            if made.status_code != 200:
                await self._refused(made.status_code)
                return None
            conversation = made.json()["id"]
        thread = Thread(conversation)
        self.threads.append(thread)
        return thread

    async def _turn(self, http: httpx2.AsyncClient, thread: Thread) -> bool:
        """Ask once; whether the thread can go on."""
        body, turn = self._next(thread)
        thread.turns.append(turn)
        if body["stream"]:
            await self._streamed(http, body, turn)
        else:
            answer = await http.post("/responses", json=body)
            if answer.status_code != 200:
                await self._refused(answer.status_code)
            else:
                turn.final = answer.json()
                turn.response_id = answer.json()["id"]
        async with self._changed:
            self._changed.notify_all()
        return turn.answered

    async def _streamed(self, http: httpx2.AsyncClient, body: Json, turn: Turn) -> None:
        async with http.stream("POST", "/responses", json=body) as answer:
            if answer.status_code != 200:
                await self._refused(answer.status_code)
                return
            lines = []
            async for line in answer.aiter_lines():
                lines.append(line)
                if line.startswith("data: "):
                    event = json.loads(line[6:])
                    if event["type"] == "response.created":
                        turn.response_id = event["response"]["id"]
                    elif event["type"] in TERMINAL:
                        turn.final = event["response"]
        judge_stream("\n".join([*lines, ""]).encode())
        if not turn.answered:
            await self._refused(200)

    async def _refused(self, status: int) -> None:
        async with self._changed:
            self.refusals[status] = self.refusals.get(status, 0) + 1
            self._changed.notify_all()
        # As a client would, before it tries again.
        await asyncio.sleep(0.02)

    def _next(self, thread: Thread) -> tuple[Json, Turn]:
        """The next request of a thread."""
        number = next(self._numbers)
        calls = [item for item in (thread.last or {}).get("output", []) if item["type"] == "function_call"]
        asked = f"{'look' if len(thread.turns) % 3 == 1 and not calls else 'say'} {number}"
        body: Json = {"model": "scripted/m", "input": asked, "tools": [TOOL], "stream": number % 3 > 0}
        if calls:
            body["input"] = [{"type": "function_call_output", "call_id": calls[0]["call_id"], "output": asked}]
        if thread.conversation:
            body["conversation"] = thread.conversation
        elif thread.last:
            body["previous_response_id"] = thread.last["id"]
        return body, Turn(asked, is_output=bool(calls))


async def hold_to_word(url: str, threads: list[Thread]) -> None:
    """What was acknowledged is there, whole and in order; what wasn't is there whole or not at all."""
    async with httpx2.AsyncClient(base_url=url, timeout=30, verify=NO_TLS) as http:
        for thread in threads:
            for turn in thread.turns:
                await _check_turn(http, turn)
            if thread.conversation:
                await _check_conversation(http, thread)


async def _check_turn(http: httpx2.AsyncClient, turn: Turn) -> None:
    if turn.response_id is None:
        return
    found = await http.get(f"/responses/{turn.response_id}")
    if turn.answered:
        assert found.status_code == 200, f"{turn} was acknowledged and is gone"
        assert found.json() == turn.final
    elif found.status_code != 404:
        assert found.status_code == 200
        kept = found.json()
        # A client that was stopped in the middle left: its answer is cancelled.
        assert kept["status"] in {"failed", "completed", "cancelled"}
        if kept["status"] == "completed":
            assert [mark(item) for item in kept["output"]] == turn.marks()[1:]


async def _check_conversation(http: httpx2.AsyncClient, thread: Thread) -> None:
    found = await _items(http, f"/conversations/{thread.conversation}/items")
    expected: list[str] = []
    for turn in thread.turns:
        marks = turn.marks()
        if turn.answered or marks[0] in found:
            expected += marks
    assert found == expected


async def _items(http: httpx2.AsyncClient, path: str) -> list[str]:
    marks: list[str] = []
    query: dict[str, str | int] = {"order": "asc", "limit": 100}
    while True:
        page = (await http.get(path, params=query)).json()
        marks += [mark(item) for item in page["data"]]
        if not page["has_more"]:
            return marks
        query["after"] = page["last_id"]
