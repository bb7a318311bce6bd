"""What a scripted upstream answers: replies as values, built from words like `text` and `tool_call`.

A `Reply` is rendered for the request it answers (streaming or not, chat or completion) into steps: bytes
to write, and what happens between and after them. Everything is exact to the byte and free of clocks
and chance: the same script gives the same bytes.

Not here: the socket (`scripted_upstream`). Source: the chat-completions API reference.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain, groupby, repeat
from typing import Any, Protocol

CREATED = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so many seconds."""

    seconds: float


class Gate:
    """Send nothing until the test says so: `open()` from any thread. A gate stays open."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self.is_open = False

    def open(self) -> None:
        """Let through whoever waits, now and later."""
        with self._lock:
            self.is_open = True
            waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on()

    def on_open(self, go_on: Callable[[], object]) -> None:
        """Call `go_on` once the gate is open, at once if it is."""
        with self._lock:
            if not self.is_open:
                self._waiting.append(go_on)
                return
        go_on()


class Ending(Enum):
    """How an answer ends before its end."""

    POLITE = "the connection ends as if the answer were whole"
    CUT = "the connection is closed without the end of the body"
    RESET = "the connection is reset (RST)"
    STALL = "nothing more is ever sent, and the connection stays open"


Step = bytes | Pause | Gate | Ending


class Asked(Protocol):
    """What a reply must know of the request it answers: its number, from 1, its path and its parsed body."""

    number: int
    path: str
    json: Any


@dataclass(frozen=True, slots=True)
class Said:
    """One thing the model says: a text in pieces under a field of the message."""

    field: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Called:
    """One tool call of the model, its arguments in pieces; no pieces means all in one chunk."""

    name: str
    arguments: str
    id: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Build it with the functions below, vary it with its methods; `+` joins two models' answers."""

    parts: tuple[Said | Called, ...] = ()
    usage: tuple[int, int] | None = None
    finish: str | None = "stop"
    done: bool = True
    body: tuple[Step, ...] | None = None
    status: int = 200
    headers: Mapping[str, str] | None = None
    framed: bool = True
    before_status: tuple[Step, ...] = ()
    changes: tuple[Callable[[list[Step]], list[Step]], ...] = ()

    def __add__(self, other: "Reply") -> "Reply":
        """Both answers as one; usage and finish reason are the second's."""
        return replace(other, parts=self.parts + other.parts)

    def without_finish(self) -> "Reply":
        """The same, without the chunk that has the finish reason, and without `[DONE]`."""
        return replace(self, finish=None, done=False)

    def without_done(self) -> "Reply":
        """The same, without the `[DONE]` line."""
        return replace(self, done=False)

    def timed(self, *, before_status: float = 0, before_body: float = 0, between: float = 0) -> "Reply":
        """The same, with pauses, in seconds, at these places."""
        paced = self._changed(lambda steps: _paced(steps, before_body, between))
        return replace(paced, before_status=(Pause(before_status),)) if before_status else paced

    def held(self, gate: Gate, *, at: int = 0) -> "Reply":
        """The same, waiting for the gate before the body's write number `at`, from 0."""
        return self._changed(lambda steps: [*steps[:at], gate, *steps[at:]])

    def cut_after(self, size: int, ending: Ending = Ending.CUT) -> "Reply":
        """The same, ending so after `size` bytes of the body."""
        return self._changed(lambda steps: [*_first(steps, size), ending])

    def split(self, *sizes: int) -> "Reply":
        """The same bytes in writes of these sizes, the last size again and again."""
        return self._changed(lambda steps: list(_resized(steps, sizes)))

    def _changed(self, change: Callable[[list[Step]], list[Step]]) -> "Reply":
        return replace(self, changes=(*self.changes, change))

    def render(self, asked: Asked) -> list[Step]:
        """The body's steps for this request."""
        steps = list(_rendered(self, asked) if self.body is None else self.body)
        for change in self.changes:
            steps = change(steps)
        return steps

    def streams(self, asked: Asked) -> bool:
        """Whether this answer to this request is an event stream."""
        return self.body is None and bool(_wish(asked, "stream"))


def text(*pieces: str, usage: tuple[int, int] | None = (1, 1), finish: str | None = "stop") -> Reply:
    """The model says this, a chunk a piece. `usage` is (prompt, completion) tokens, or None: never told."""
    return Reply(parts=(Said("content", pieces),), usage=usage, finish=finish)


def reasoning(*pieces: str, field: str = "reasoning_content") -> Reply:
    """The model thinks this; providers call the field `reasoning_content`, `reasoning` or `thinking`."""
    return Reply(parts=(Said(field, pieces),), usage=(1, 1))


def refusal(*pieces: str, usage: tuple[int, int] | None = (1, 1)) -> Reply:
    """The model declines in these words."""
    return Reply(parts=(Said("refusal", pieces),), usage=usage)


def tool_call(
    name: str,
    arguments: str | Mapping[str, Any],
    *,
    id: str = "call_1",  # noqa: A002 - the wire's word
    pieces: int = 1,
    usage: tuple[int, int] | None = (1, 1),
) -> Reply:
    """The model calls a tool: a chunk with its name, then the arguments in so many chunks; 0 is all in one."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    call = Called(name, written, id, tuple(_sliced(written, pieces)))
    return Reply(parts=(call,), usage=usage, finish="tool_calls")


def embedding(*vectors: Iterable[float], usage: int = 1) -> Reply:
    """Vectors, one for each input."""
    data = [{"object": "embedding", "index": n, "embedding": list(vector)} for n, vector in enumerate(vectors)]
    tokens = {"prompt_tokens": usage, "total_tokens": usage}
    return status(200, {"object": "list", "model": "scripted", "data": data, "usage": tokens})


def status(code: int, body: object = None, *, headers: Mapping[str, str] | None = None) -> Reply:
    """This status and body: bytes and strings as they are, anything else as JSON."""
    return Reply(body=(_bytes(body),), status=code, headers={"content-type": "application/json", **(headers or {})})


def raw(steps: Iterable[Step], *, headers: Mapping[str, str] | None = None) -> Reply:
    """These bytes as the body of an event stream, each in a write of its own."""
    return Reply(body=tuple(steps), headers={"content-type": "text/event-stream", **(headers or {})})


def socket_bytes(steps: Iterable[Step]) -> Reply:
    """These bytes on the socket, status line and headers included; then the connection is closed."""
    return Reply(body=tuple(steps), framed=False)


def garbage() -> Reply:
    """A 200 that claims to be an event stream and is none."""
    return raw([b"data: {not json\n\n", b"\xff\xfe\x00 neither is this\n\n"])


def never() -> Reply:
    """No answer at all, on a connection that stays open."""
    return socket_bytes([Ending.STALL])


def hang_up(ending: Ending = Ending.CUT) -> Reply:
    """The connection ends before the status line."""
    return socket_bytes([ending])


def _rendered(reply: Reply, asked: Asked) -> list[Step]:
    chat = not asked.path.endswith("/completions") or asked.path.endswith("/chat/completions")
    if not _wish(asked, "stream"):
        answer = _whole_chat(reply) if chat else {"text": "".join(_texts(reply)), "finish_reason": reply.finish}
        name = "chat.completion" if chat else "text_completion"
        return [_bytes(_envelope(asked, name, [{"index": 0, **answer}], reply.usage))]
    name = "chat.completion.chunk" if chat else "text_completion"
    choices = list(_chat_choices(reply) if chat else _completion_choices(reply))
    events = [_envelope(asked, name, [{"index": 0, **choice}]) for choice in choices]
    if reply.usage and (_wish(asked, "stream_options") or {}).get("include_usage"):
        events.append(_envelope(asked, name, [], reply.usage))
    steps: list[Step] = [b"data: " + _bytes(event) + b"\n\n" for event in events]
    return [*steps, b"data: [DONE]\n\n"] if reply.done else steps


def _chat_choices(reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    calls = 0
    for part in reply.parts:
        if isinstance(part, Said):
            for piece in part.pieces:
                yield {"delta": {part.field: piece}, "finish_reason": None}
            continue
        for call in _call_deltas(part):
            yield {"delta": {"tool_calls": [{"index": calls, **call}]}, "finish_reason": None}
        calls += 1
    if reply.finish:
        yield {"delta": {}, "finish_reason": reply.finish}


def _call_deltas(call: Called) -> Iterator[dict[str, Any]]:
    arguments = "" if call.pieces else call.arguments
    yield {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
    for piece in call.pieces:
        yield {"function": {"arguments": piece}}


def _completion_choices(reply: Reply) -> Iterator[dict[str, Any]]:
    for piece in _texts(reply):
        yield {"text": piece, "finish_reason": None}
    if reply.finish:
        yield {"text": "", "finish_reason": reply.finish}


def _whole_chat(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    calls = []
    for part in reply.parts:
        if isinstance(part, Said):
            message[part.field] = (message.get(part.field) or "") + "".join(part.pieces)
        else:
            function = {"name": part.name, "arguments": part.arguments}
            calls.append({"id": part.id, "type": "function", "function": function})
    return {"message": {**message, "tool_calls": calls} if calls else message, "finish_reason": reply.finish}


def _envelope(
    asked: Asked, name: str, choices: list[dict[str, Any]], usage: tuple[int, int] | None = None
) -> dict[str, Any]:
    prefix = "cmpl" if name == "text_completion" else "chatcmpl"
    answer = {"id": f"{prefix}-{asked.number}", "object": name, "created": CREATED, "model": _wish(asked, "model")}
    if usage is None:
        return {**answer, "choices": choices}
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return {**answer, "choices": choices, "usage": counts}


def _texts(reply: Reply) -> list[str]:
    return [piece for part in reply.parts if isinstance(part, Said) for piece in part.pieces]


def _wish(asked: Asked, field: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    return asked.json.get(field) if isinstance(asked.json, dict) else None


def _bytes(value: object) -> bytes:
    if value is None or isinstance(value, bytes):
        return value or b""
    return value.encode() if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode()


def _sliced(text: str, count: int) -> Iterator[str]:
    for number in range(count):
        yield text[len(text) * number // count : len(text) * (number + 1) // count]


def _paced(steps: list[Step], before: float, between: float) -> list[Step]:
    paced: list[Step] = [Pause(before)] if before else []
    for number, step in enumerate(steps):
        paced += [Pause(between), step] if between and number else [step]
    return paced


def _first(steps: list[Step], size: int) -> Iterator[Step]:
    for step in steps:
        if size <= 0:
            return
        yield step[:size] if isinstance(step, bytes) else step
        size -= len(step) if isinstance(step, bytes) else 0


def _resized(steps: list[Step], sizes: tuple[int, ...]) -> Iterator[Step]:
    remaining = chain(sizes, repeat(sizes[-1]))
    for is_bytes, run in groupby(steps, key=lambda step: isinstance(step, bytes)):
        if not is_bytes:
            yield from run
            continue
        rest = b"".join(step for step in run if isinstance(step, bytes))
        while rest:
            size = next(remaining)
            yield rest[:size]
            rest = rest[size:]
