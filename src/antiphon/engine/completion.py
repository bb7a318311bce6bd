"""A chat completion put together from the chunks it was streamed in.

Members that this module doesn't know are taken over as they come; those that aren't what they should be are passed
over, since the chunks may be any server's. Not here: Responses (`turn.py`).
Source: API reference, "The chat completion chunk object" and "The chat completion object".
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

KEPT = ("id", "created", "model", "service_tier", "system_fingerprint", "usage")

Json = dict[str, Any]


class CompletionBuilder:
    """`feed` each chunk's JSON object, then take the `completion`; None when no chunk came."""

    def __init__(self) -> None:
        self._whole: Json = {}
        self._choices: dict[int, Json] = {}
        self._calls: dict[int, dict[int, Json]] = {}

    def feed(self, chunk: Mapping[str, Any]) -> None:
        """Add one chunk."""
        self._whole |= {name: chunk[name] for name in KEPT if chunk.get(name) is not None}
        for given in _objects(chunk.get("choices")):
            index = _index(given) or 0
            choice = self._choices.setdefault(
                index,
                {"index": index, "message": {"role": "assistant", "content": None, "refusal": None},
                 "logprobs": None, "finish_reason": "stop"},
            )  # fmt: skip
            _add_choice(choice, given)
            delta = given.get("delta")
            if isinstance(delta, dict):
                _add_delta(choice["message"], delta)
                for call in _objects(delta.get("tool_calls")):
                    _add_call(self._calls.setdefault(index, {}), call)

    @property
    def completion(self) -> Json | None:
        """The `chat.completion` object so far."""
        if not self._choices:
            return None
        for index, calls in self._calls.items():
            self._choices[index]["message"]["tool_calls"] = [calls[number] for number in sorted(calls)]
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._whole, "object": "chat.completion", "choices": choices}


def _objects(value: object) -> Iterator[Json]:
    """The objects of what should be a list of them; one alone counts as well."""
    entries = value if isinstance(value, list) else [value]
    return (entry for entry in entries if isinstance(entry, dict))


def _index(given: Json) -> int | None:
    index = given.get("index")
    return index if isinstance(index, int) else None


def _add_choice(choice: Json, given: Json) -> None:
    if isinstance(reason := given.get("finish_reason"), str) and reason:
        choice["finish_reason"] = reason
    logprobs = given.get("logprobs")
    for name, tokens in logprobs.items() if isinstance(logprobs, dict) else ():
        if isinstance(tokens, list) and tokens:
            choice["logprobs"] = choice["logprobs"] or {"content": None, "refusal": None}
            choice["logprobs"][name] = [*(choice["logprobs"].get(name) or ()), *tokens]


def _add_delta(message: Json, delta: Json) -> None:
    for name, value in delta.items():
        before: Any = message.get(name)
        if name == "tool_calls" or value is None:
            continue
        if type(before) is type(value) and type(value) in (str, list) and name != "role":
            message[name] = before + value
        elif before is None or value:
            message[name] = value


def _add_call(calls: dict[int, Json], given: Json) -> None:
    index = _index(given)
    number = max(calls, default=-1) + 1 if index is None else index
    call = calls.setdefault(number, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call["id"] = call["id"] or given.get("id") or ""
    function = given.get("function")
    if isinstance(function, dict):
        call["function"]["name"] += _text(function.get("name"))
        call["function"]["arguments"] += _text(function.get("arguments"))


def _text(value: object) -> str:
    """A text; arguments may come as the object that they are."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else ""
