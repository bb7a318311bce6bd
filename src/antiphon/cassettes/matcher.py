"""Which requests count as equal: the choice of a matcher, and rules on top.

Pure. Not here: what comes nearest when nothing is equal (`matching.py`). Counterpart: `cassette.py`, which looks up.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from antiphon.cassettes.canonical import KEY_BYTES, Json, NotJson, canonical_body, canonical_value, parse_json
from antiphon.cassettes.ids import canonical_ids, ids_in, may_have_ids
from antiphon.cassettes.interaction import Asked
from antiphon.cassettes.rules import Rule, apply_rules


class Matching(StrEnum):
    """How closely requests are compared.

    `EXACT`: every member as it was sent; `null` isn't absent, `1` isn't `1.0`. The order of keys doesn't count:
    cassettes don't keep it. `CANONICAL`: what means the same is the same. `CONVERSATION`: model, stream, and who
    said what; the contents of tool results and all else only decide between several that are equal.
    """

    EXACT = "exact"
    CANONICAL = "canonical"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Matcher:
    """Makes the keys that requests are found by."""

    kind: Matching = Matching.CANONICAL
    rules: tuple[Rule, ...] = ()

    def key(self, asked: Asked) -> bytes:
        """Equal for requests that are to get the same answer."""
        if self.kind is Matching.CANONICAL and not self.rules:
            return asked.key
        try:
            value = self._counted(asked.body)
        except NotJson:
            return asked.key
        head = f"{asked.method} {asked.path}\n"
        return _digest(head + json.dumps(value, sort_keys=True, separators=(",", ":")))

    def alike(self, asked: Asked) -> bytes | None:
        """Equal for requests in which only the ids of a server differ; None where there are none."""
        text = self.text(asked)
        return _digest(f"ids of {canonical_ids(text)}") if ids_in(text) else None

    def ids(self, asked: Asked) -> list[str]:
        """The ids that a request names, in an order that is the same for requests that are alike."""
        return ids_in(self.text(asked))

    def text(self, asked: Asked) -> str:
        """What is compared, as one text; empty where surely no id is in it, or where ids count as they are."""
        bare = self.kind is not Matching.EXACT and asked.path + asked.body.decode("latin-1")
        if not bare or not may_have_ids(bare):
            return ""
        try:
            value = self._counted(asked.body)
        except NotJson:
            value = canonical_body(asked.body).decode()
        return f"{asked.method} {asked.path}\n{json.dumps(value, sort_keys=True, ensure_ascii=False)}"

    def value(self, body: bytes) -> Json:
        """What of a body counts. Raises `NotJson`."""
        value = parse_json(body) if body else None
        return apply_rules(self.rules, value if self.kind is Matching.EXACT else canonical_value(value))

    def _counted(self, body: bytes) -> Json:
        value = self.value(body)
        if self.kind is Matching.CONVERSATION and (said := list(_conversation(value))):
            return said
        return value


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:KEY_BYTES]


def _conversation(value: Json) -> Iterator[Json]:
    """Who said what, of chat messages, of a response's input, or of Anthropic's messages; nothing for other bodies."""
    if not isinstance(value, dict):
        return
    turns = value.get("messages", value.get("input"))
    if not isinstance(turns, list | str):
        return
    yield [value.get("model"), bool(value.get("stream")), value.get("instructions", value.get("system"))]
    for turn in [turns] if isinstance(turns, str) else turns:
        yield from _turn(turn)


def _turn(turn: Json) -> Iterator[Json]:
    if not isinstance(turn, dict):
        yield turn
        return
    role = turn.get("role", turn.get("type"))
    result = role == "tool" or str(turn.get("type", "")).endswith("_output")
    yield [role, None if result else list(_texts(turn.get("content"))), turn.get("tool_call_id", turn.get("call_id"))]
    calls = turn.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            function = call.get("function")
            yield [call.get("id"), function.get("name") if isinstance(function, dict) else None]
    if "name" in turn and "call_id" in turn:
        yield [turn["name"]]


def _texts(content: Json) -> Iterator[Json]:
    """Texts, and calls by name and id, of a content; pictures and results of tools are left out."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else []:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            if isinstance(text := part.get("text", part.get("refusal")), str):
                yield text
            elif part.get("type") in {"tool_use", "tool_result"}:
                yield [part.get("name"), part.get("id", part.get("tool_use_id"))]
