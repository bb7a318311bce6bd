"""Guardrails: who judges what goes to a model and what comes from it, and what an answer is that may not be given.

The settings, what is asked of the judge and how its answer is read; all of it pure. Not here: holding a stream back
(`guarded.py`). Sources: API reference, "Moderations"; model cards of Llama Guard 3 and 4.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from antiphon.engine.moderating import text_of
from antiphon.errors import UpstreamGarbage
from antiphon.wire.chat import ChatChunk, Choice, Delta
from antiphon.wire.moderation import ModerationResult

REFUSAL = "I'm sorry, but I can't help with that."
PATHS = {"moderations": "/moderations", "llama-guard": "/chat/completions"}
MARKS = ".,:;*\"'`"
"""What chat models put round a word."""
MOST = 8000
"""Characters of a text that are judged at a time: the end of it, with what is new."""


class Guardrails(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What stands under `[guardrails]`. `model` is the judge's full id; times in seconds.

    `action`: `refuse` answers with a refusal, `filter` ends the answer as `content_filter`. `categories` are those
    that count, all without any. `passed_through` says whether calls are taken that go to the upstream unjudged.
    """

    model: str
    kind: Literal["moderations", "llama-guard"] = "moderations"
    input: bool = True
    output: bool = True
    action: Literal["refuse", "filter"] = "refuse"
    refusal: str = REFUSAL
    categories: list[str] = []
    when_unavailable: Literal["block", "allow"] = "block"
    passed_through: Literal["refuse", "allow"] = "refuse"
    timeout: Annotated[float, Meta(gt=0)] = 15.0

    @property
    def path(self) -> str:
        """Where the judge is asked."""
        return PATHS[self.kind]

    def question(self, asked: str, answered: str | None) -> dict[str, Any]:
        """The body that asks about what a user wrote, or about what a model answers to it."""
        judged = asked if answered is None else answered
        if self.kind == "moderations":
            return {"model": self.model, "input": judged[-MOST:]}
        messages = [{"role": "user", "content": asked[-MOST:] or "-"}]
        if answered is not None:
            messages.append({"role": "assistant", "content": answered[-MOST:]})
        return {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": 32}

    def counted(self, result: ModerationResult) -> frozenset[str]:
        """The categories that the judge found and that count; none for what may pass."""
        named = frozenset(name for name, on in result.categories.items() if on)
        found = (named or frozenset({"flagged"})) if result.flagged else frozenset()
        return found & frozenset(self.categories) if self.categories else found

    def judgement(self, answer: bytes) -> ModerationResult:
        """All that the judge said. Raises `UpstreamGarbage`."""
        try:
            return _moderated(answer, self.model) if self.kind == "moderations" else _guarded(answer, self.model)
        except (ValueError, RecursionError):
            raise UpstreamGarbage(f"The guardrail {self.model!r} answered with what isn't a judgement.") from None

    def instead(self) -> ChatChunk:
        """What the model is made to say instead."""
        if self.action == "filter":
            return ChatChunk(choices=[Choice(delta=Delta(), finish_reason="content_filter")])
        return ChatChunk(choices=[Choice(delta=Delta(refusal=self.refusal), finish_reason="stop")])


class _Result(msgspec.Struct):
    """What is found in a text. Mistral's has no `flagged`; what stands beside the verdict never spoils it."""

    flagged: bool | None = None
    categories: Any = None
    category_scores: Any = None
    category_applied_input_types: Any = None

    def __post_init__(self) -> None:
        self.categories = _members(self.categories, bool | None)
        self.category_scores = _members(self.category_scores, float | None)
        self.category_applied_input_types = _members(
            self.category_applied_input_types, list[Literal["text", "image"]] | None
        )
        if self.flagged is None:
            if not self.categories:
                raise ValueError("no verdict")
            self.flagged = any(self.categories.values())


def _members(value: object, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    """The members of an object that are of this kind."""
    found = {}
    for name, member in value.items() if isinstance(value, dict) else ():
        with suppress(msgspec.ValidationError):
            found[name] = msgspec.convert(member, kind)
    return found


class _Moderation(msgspec.Struct):
    results: Annotated[list[_Result], Meta(min_length=1)]
    model: str | None = None


def _moderated(answer: bytes, model: str) -> ModerationResult:
    """Several results are those of one text, in pieces."""
    said = msgspec.json.decode(answer, type=_Moderation)
    whole = ModerationResult(flagged=any(bool(result.flagged) for result in said.results), model=said.model or model)
    for result in said.results:
        for name, on in result.categories.items():
            whole.categories[name] = whole.categories.get(name, False) or bool(on)
        for name, score in result.category_scores.items():
            whole.category_scores[name] = max(whole.category_scores.get(name, 0.0), score or 0.0)
        whole.category_applied_input_types |= {
            name: kinds for name, kinds in result.category_applied_input_types.items() if kinds is not None
        }
    for name in whole.categories:
        # It was shown text alone, whether it says so or not.
        whole.category_applied_input_types.setdefault(name, ["text"])
    return whole


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], Meta(min_length=1)]


def _guarded(answer: bytes, model: str) -> ModerationResult:
    said = msgspec.json.decode(answer, type=_Completion).choices[0].message.content.split()
    verdict, *rest = [word.lower().strip(MARKS) for word in said] or [""]
    if verdict == "safe":
        return ModerationResult(flagged=False, model=model)
    if verdict != "unsafe":
        raise msgspec.ValidationError("neither safe nor unsafe")
    named = [word.strip().upper() for word in " ".join(rest).replace(",", " ").split()] or ["UNSAFE"]
    return ModerationResult(
        flagged=True,
        model=model,
        categories=dict.fromkeys(named, True),
        category_scores=dict.fromkeys(named, 1.0),
        category_applied_input_types={name: ["text"] for name in named},
    )


@dataclass(slots=True)
class Spoken:
    """What a model says: chunks in `held` wait until the text in `new` is judged, those in `free` may be shown.

    What comes behind a text that waits, waits with it.
    """

    judged: str = ""
    new: str = ""
    held: list[ChatChunk] = field(default_factory=list)
    free: list[ChatChunk] = field(default_factory=list)

    def take(self, chunk: ChatChunk) -> bool:
        """Take a chunk; whether a sentence has ended with it, or so much waits that it is judged without."""
        text = "".join(_said(choice) for choice in chunk.choices or ())
        self.new += text
        (self.held if text or self.held else self.free).append(chunk)
        return bool(text) and (len(self.new) >= LONG or any(mark in self.new for mark in ENDS))

    def settle(self) -> None:
        """What waited may be shown."""
        self.judged, self.new = (self.judged + self.new)[-MOST:], ""
        self.free += self.held
        self.held = []

    def freed(self) -> list[ChatChunk]:
        """What may be shown, once."""
        free, self.free = self.free, []
        return free


ENDS = (". ", "! ", "? ", ".\n", "!\n", "?\n", "\n\n", "。", "！", "？", "…")  # noqa: RUF001 - ends of sentences elsewhere
LONG = 400


def _said(choice: Choice) -> str:
    content = choice.delta.content if choice.delta is not None else None
    return text_of(content)
