"""A chat completion put together from the chunks it was streamed in.

Members that this module doesn't know are taken over as they come. Not here: Responses (`turn.py`).
Source: API reference, "The chat completion chunk object" and "The chat completion object".
"""

from collections.abc import Mapping
from typing import Any

KEPT = ("id", "created", "model", "service_tier", "system_fingerprint", "usage")


class CompletionBuilder:
    """`feed` each chunk's JSON object, then take the `completion`; None when no chunk came."""

    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def feed(self, chunk: Mapping[str, Any]) -> None:
        """Add one chunk."""
        self._whole |= {name: chunk[name] for name in KEPT if chunk.get(name) is not None}
        for given in chunk.get("choices") or ():
            index = given.get("index") or 0
            choice = self._choices.setdefault(
                index,
                {"index": index, "message": {"role": "assistant", "content": None, "refusal": None},
                 "logprobs": None, "finish_reason": "stop"},
            )  # fmt: skip
            _add_choice(choice, given)

    @property
    def completion(self) -> dict[str, Any] | None:
        """The `chat.completion` object so far."""
        if not self._choices:
            return None
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._whole, "object": "chat.completion", "choices": choices}


def _add_choice(choice: dict[str, Any], given: Mapping[str, Any]) -> None:
    if given.get("finish_reason"):
        choice["finish_reason"] = given["finish_reason"]
    for name, tokens in (given.get("logprobs") or {}).items():
        if tokens:
            choice["logprobs"] = choice["logprobs"] or {"content": None, "refusal": None}
            choice["logprobs"][name] = [*(choice["logprobs"].get(name) or ()), *tokens]
    message = choice["message"]
    for name, value in (given.get("delta") or {}).items():
        if name == "tool_calls":
            for call in value or ():
                _add_call(message.setdefault("tool_calls", []), call)
        elif isinstance(value, str) and name != "role":
            message[name] = (message.get(name) or "") + value
        elif value is not None:
            message[name] = value


def _add_call(calls: list[dict[str, Any]], given: Mapping[str, Any]) -> None:
    index = given.get("index")
    position = len(calls) if index is None else index
    while len(calls) <= position:
        calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call, function = calls[position], given.get("function") or {}
    call["id"] = call["id"] or given.get("id") or ""
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""
