"""The moderation that a request asks for: what is still to be judged, and what was found.

`before` the model is asked, `after` it has said all; each judgement is `told`. Text that may not go out unjudged is
held back elsewhere (`upstream/guarded.py`), which tells what it found all the same. Pure. Counterpart: `run.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.commands import Judge
from antiphon.engine.replies import Judged
from antiphon.errors import AntiphonError
from antiphon.wire.moderation import ModerationOptions, ModerationResult, ResponseModeration, Side, Verdict

CONTENT_FILTER = "content_filter"
"""Why an answer is incomplete whose input isn't put to the model."""


@dataclass(frozen=True, slots=True)
class Moderation:
    """What is to be judged, and by whom: `judge` is a model's full id, `asked` what the request's user wrote.

    With `blocks` the model isn't asked where that is flagged.
    """

    judge: str
    asked: str
    blocks: bool = False


class Moderating:
    """One run's; without a wish nothing is ever asked."""

    def __init__(self, wish: Moderation | None) -> None:
        self._wish = wish
        self._told: dict[Side, Verdict] = {}
        self._asking: set[Side] = set()
        self._fault: AntiphonError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing is being judged."""
        return not self._asking

    @property
    def fault(self) -> AntiphonError | None:
        """Why the model isn't to be asked: its input couldn't be judged."""
        return self._fault

    @property
    def blocked(self) -> bool:
        """Whether the model isn't to be asked: its input was flagged."""
        found = self._told.get("input")
        blocks = self._wish is not None and self._wish.blocks
        return blocks and isinstance(found, ModerationResult) and found.flagged

    @property
    def found(self) -> ResponseModeration | None:
        """What a response says of it; None where it wasn't asked for, or not all is known."""
        told = self._told
        return ResponseModeration(input=told["input"], output=told["output"]) if len(told) > 1 else None

    def before(self) -> list[Judge]:
        """What is to be judged before the model is asked: once, and where the answer hangs on it."""
        wish = self._wish
        return [] if wish is None or not wish.blocks else self._asked(wish, {"input": wish.asked})

    def after(self, output: Sequence[msgspec.Raw]) -> list[Judge]:
        """What is to be judged once the model has said all."""
        wish = self._wish
        return [] if wish is None else self._asked(wish, {"input": wish.asked, "output": _said(output)})

    def told(self, judged: Judged) -> None:
        """Take a judgement."""
        self._asking.discard(judged.side)
        self._told[judged.side] = judged.verdict
        if judged.side == "input" and self._wish is not None and self._wish.blocks:
            self._fault = judged.fault

    def _asked(self, wish: Moderation, texts: dict[Side, str]) -> list[Judge]:
        """Of nothing, nothing is asked."""
        asking: list[Judge] = []
        for side, text in texts.items():
            if side in self._told:
                continue
            if text.strip():
                self._asking.add(side)
                asking.append(Judge(side, wish.judge, text))
            else:
                self._told[side] = ModerationResult(flagged=False, model=wish.judge)
        return asking


class _Part(msgspec.Struct):
    text: str = ""
    refusal: str = ""


class _Item(msgspec.Struct):
    type: str
    content: list[_Part] | None = None


_item = msgspec.json.Decoder(_Item).decode


def _said(output: Sequence[msgspec.Raw]) -> str:
    """The text of all messages."""
    messages = [item for item in map(_item, output) if item.type == "message"]
    return "\n".join(part.text or part.refusal for item in messages for part in item.content or ())


def asked_text(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """What the user wrote since the model last spoke; None where the call goes on after a tool instead."""
    texts: list[str] = []
    for message in reversed(messages):
        if message.get("role") not in {"user", "system", "developer"}:
            break
        if message["role"] == "user":
            texts.append(text_of(message.get("content")))
    return "\n".join(reversed(texts)) if texts else None


def text_of(content: Any) -> str:  # noqa: ANN401 - content as a chat server takes it: text, or parts
    """The text of a chat message's content."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if isinstance(part, dict) and part.get("type") == "text")
    return content if isinstance(content, str) else ""


def moderation_of(
    options: ModerationOptions | None, judge: str | None, messages: Sequence[Mapping[str, Any]]
) -> Moderation | None:
    """What a request wishes for that asks these messages; None where it doesn't, or nobody is there to judge."""
    if options is None or judge is None:
        return None
    policy = options.policy
    blocks = policy is not None and policy.input is not None and policy.input.mode == "block"
    return Moderation(judge, asked_text(messages) or "", blocks=blocks)


def guard_of(options: ModerationOptions | None, judge: str | None) -> str | None:
    """Who judges what the model says before it goes out; None where it goes out at once."""
    policy = options.policy if options else None
    return judge if policy is not None and policy.output is not None and policy.output.mode == "block" else None
