"""The review of a turn before its end: what of it must keep a constraint, and what is to be made again.

`checks` first, `told` for each verdict, and when it is `over`, `settle`. Pure. Not here: the checks themselves
(`tools/checker.py`), the calls and messages that wait (`calls.py`, `held.py`). Counterpart: `run.py`, which asks the
model again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from antiphon.engine.call_item import CallItem
from antiphon.engine.commands import Check
from antiphon.engine.constraints import Constraint
from antiphon.engine.held import drop, held_text, show
from antiphon.engine.input import Item
from antiphon.engine.kinds.input_string import InputString
from antiphon.engine.queue import Entry
from antiphon.engine.rejected import Rejected
from antiphon.engine.replies import Checked
from antiphon.engine.structured import Form, json_in
from antiphon.wire.items import FunctionCallOutputView, FunctionCallView

TEXT = "text"
OPEN = "The call was handed on; its output will follow."


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call whose input must keep a constraint; `arguments` is what the model wrote."""

    item: CallItem
    arguments: str

    @property
    def constraint(self) -> Constraint:
        """What its input must keep."""
        constraint: Constraint = self.item.binding.about["constraint"]
        return constraint

    @property
    def text(self) -> str:
        """Its input."""
        decoder = InputString()
        return decoder.feed(self.arguments) + decoder.finish()


class Review:
    """One turn's. `messages` and `calls` wait for it; `answers` says whether the turn's text is the answer."""

    def __init__(
        self, form: Form | None, messages: Sequence[Entry], calls: Sequence[HeldCall], *, answers: bool
    ) -> None:
        self._rejected: list[Rejected] = []
        self._messages = messages
        self._calls = calls
        self._verdicts: dict[str, Checked] = {}
        said = held_text(messages) if form is not None and answers else None
        self._form = form if said is not None else None
        self._text = json_in(said or "")

    @property
    def over(self) -> bool:
        """Whether every verdict is in."""
        return self._verdicts.keys() == {*self._keys()}

    def checks(self) -> list[Check]:
        """What has to be held against a constraint outside; the rest is judged already."""
        checks = [Check(call.item.key, call.constraint, call.text) for call in self._calls]
        if self._form is not None:
            fault = self._form.fault(self._text)
            if fault is None and self._form.constraint is not None:
                checks.append(Check(TEXT, self._form.constraint, self._text))
            else:
                self.told(Checked(TEXT, fault))
        return checks

    def told(self, verdict: Checked) -> None:
        """Take a verdict."""
        self._verdicts[verdict.key] = verdict

    def settle(self) -> list[Rejected]:
        """Let open what fits; gives what doesn't."""
        for call in self._calls:
            verdict = self._verdicts[call.item.key]
            call.item.fits = verdict.fault is None
            if verdict.fault is not None:
                call_id = call.item.call_id or f"call_{call.item.key}"
                self._reject(verdict, call.arguments, call.item.name, call_id)
        if self._form is not None:
            self._settle_text(self._verdicts[TEXT])
        return self._rejected

    def _settle_text(self, verdict: Checked) -> None:
        if verdict.fault is None:
            show(self._messages, self._text)
        else:
            drop(self._messages)
            self._reject(verdict, self._text)

    def _reject(self, verdict: Checked, written: str, name: str | None = None, call_id: str = "") -> None:
        fault = f"{(verdict.fault or '').rstrip('.')}."
        self._rejected.append(Rejected(fault, written, name, call_id, hopeless=verdict.undecided))

    def _keys(self) -> list[str]:
        return [*(call.item.key for call in self._calls), *([TEXT] if self._form is not None else [])]


def open_calls(items: Sequence[Item]) -> list[Item]:
    """Outputs for the calls that the client has yet to answer, so that the model can be asked again before that."""
    answered = {item.view.call_id for item in items if isinstance(item.view, FunctionCallOutputView)}
    calls = [item.view.call_id for item in items if isinstance(item.view, FunctionCallView)]
    return [_open(call_id) for call_id in calls if call_id not in answered]


def _open(call_id: str) -> Item:
    view = FunctionCallOutputView(call_id=call_id, output=OPEN)
    return Item(id="", type="function_call_output", raw=b"{}", view=view, at="")


def correction(rejected: Sequence[Rejected]) -> list[dict[str, Any]]:
    """The messages that tell the model what it wrote and what is wrong with it."""
    calls = [one for one in rejected if one.name is not None]
    messages: list[dict[str, Any]] = []
    if calls:
        asked = [_call(one) for one in calls]
        messages.append({"role": "assistant", "content": None, "tool_calls": asked})
    for one in calls:
        said = f"The call wasn't made: its input doesn't match the grammar. {one.fault} Call again with a mended input."
        messages.append({"role": "tool", "tool_call_id": one.call_id, "content": said})
    for one in rejected:
        if one.name is None:
            messages.append({"role": "assistant", "content": one.written})
            said = f"This can't be used: {one.fault} Give the whole answer again in the form that was asked for."
            messages.append({"role": "user", "content": said})
    return messages


def _call(one: Rejected) -> dict[str, Any]:
    return {"id": one.call_id, "type": "function", "function": {"name": one.name, "arguments": one.written}}
