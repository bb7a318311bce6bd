"""Items to chat messages: the conversation that an upstream gets to see.

The result is always legal for a chat model: each tool message follows the assistant message that called,
and no call is without its output. Pure. Not here: content parts (`parts.py`), where the items come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.engine.dialects import Dialect
from antiphon.engine.input import Item
from antiphon.engine.kinds.retold import AnsweredCall
from antiphon.engine.mcp_context import refusals
from antiphon.engine.naming import chat_name
from antiphon.engine.notes import Notes
from antiphon.engine.own import unmarked
from antiphon.engine.parts import ChatPart, chat_content, plain_text
from antiphon.engine.seals import thought_in
from antiphon.engine.tool_search import told
from antiphon.errors import InvalidRequest
from antiphon.wire.items import CompactedView, FunctionCallOutputView, FunctionCallView, MessageView, ReasoningView

ChatMessage = dict[str, Any]
Content = str | list[ChatPart]

SILENT_TYPES = frozenset(
    {
        "additional_tools",
        "compaction_trigger",
        "item_reference",
        "mcp_approval_request",
        "mcp_approval_response",
        "mcp_list_tools",
        "reasoning",
    }
)
"""Item types that are known and have no message of their own."""

SYSTEM_ROLES = frozenset({"system", "developer"})

COMPACTED = "(The conversation before this point was shortened. What happened in it:)"
"""What a model is told before the summary of a compacted conversation."""

CALL_ID_LENGTH = 40
"""The longest id of a call that OpenAI takes; those of requests for approval are longer."""


def chat_messages(
    instructions: str | None, items: Sequence[Item], dialect: Dialect, notes: Notes, *, inner: bool = False
) -> list[ChatMessage]:
    """The messages for `instructions` and `items`, oldest first; `inner` for a piece that others stand before.

    Raises `InvalidRequest` for an output without its call and for a call without its output.
    """
    writer = _Writer(dialect, notes, _outputs(items, notes), refusals(items))
    if instructions is not None:
        writer.messages.append({"role": "system", "content": instructions})
    for place, item in enumerate(items):
        if not _broken_off(item, writer.outputs.get(place)):
            writer.add(place, item)
    writer.flush_calls()
    writer.forget_thoughts()
    return writer.messages if inner or not dialect.system_first else _system_first(writer.messages, notes)


def _broken_off(item: Item, output: Item | None) -> bool:
    """Whether an item is a call that was never made: what wrote it broke off, and nobody answered it."""
    if output is not None or not isinstance(item.view, FunctionCallView | AnsweredCall):
        return False
    return b'"incomplete"' in item.raw and msgspec.json.decode(item.raw, type=_Status).status == "incomplete"


class _Status(msgspec.Struct):
    status: str | None = None


def call_ids(items: Iterable[Item]) -> frozenset[str]:
    """Ids of the tool calls among `items`."""
    return frozenset(item.view.call_id for item in items if isinstance(item.view, FunctionCallView))


def _outputs(items: Sequence[Item], notes: Notes) -> dict[int, Item]:
    """Each call's output, by the call's place in `items`; a second output for one call is noted.

    Servers that number their calls anew in every turn repeat ids: an output belongs to the first call
    before it that has its id and no output yet.
    """
    waiting: dict[str, list[int]] = {}
    outputs: dict[int, Item] = {}
    shells: dict[str, str] = {}
    for place, item in enumerate(items):
        if isinstance(item.view, FunctionCallView):
            waiting.setdefault(item.view.call_id, []).append(place)
            if item.type == "local_shell_call":
                shells[item.id] = item.view.call_id
        elif isinstance(item.view, FunctionCallOutputView):
            named = item.view.call_id
            # An output of a local shell may name its call by the id of the item.
            calls = waiting.get(shells.get(named, named) if item.type == "local_shell_call_output" else named)
            if calls is None and item.type == "tool_search_output":
                # Tools that a client gives though nobody searched: they are offered, and there is nothing to tell.
                continue
            if calls is None:
                raise InvalidRequest(
                    f"No tool call found for function call output with call_id {item.view.call_id}. "
                    "The function_call item must stand before its output.",
                    param="input",
                )
            if calls:
                outputs[calls.pop(0)] = item
            else:
                notes.ignored.append(item.at)
    return outputs


@dataclass(frozen=True, slots=True)
class Thoughts:
    """The words of a reasoning item, and where that stands."""

    text: str
    at: str


@dataclass(slots=True)
class _Writer:
    """Writes messages; calls that were made together, and the words before them, become one message."""

    dialect: Dialect
    notes: Notes
    outputs: dict[int, Item]
    refused: dict[str, AnsweredCall] = field(default_factory=dict)
    messages: list[ChatMessage] = field(default_factory=list)
    calls: dict[str, tuple[FunctionCallView, Content]] = field(default_factory=dict)
    answered: bool = False
    """Whether one of `calls` carries its own output: then what follows was said after it."""
    between: list[ChatMessage] = field(default_factory=list)
    """Questions sent again since `calls` were made; their outputs are yet to come."""
    thoughts: list[Thoughts] = field(default_factory=list)
    """What was thought since the last message, and belongs to the next of the assistant's."""

    def add(self, place: int, item: Item) -> None:
        match item.view:
            case MessageView() as view:
                self._say(view, item)
            case FunctionCallView() as view:
                content = self._output(view, item, self.outputs.get(place))
                # A search of this server's has no call id of its own.
                self._call(view if view.call_id else msgspec.structs.replace(view, call_id=item.id), content)
                self.answered = self.answered or place not in self.outputs
            case AnsweredCall(name, arguments, output):
                self._call(FunctionCallView(call_id=item.id, name=name, arguments=arguments), output)
                self.answered = True
            case FunctionCallOutputView():
                self.flush_calls()
            case CompactedView() as view:
                self._begin_again(view, item)
            case ReasoningView() as view:
                if self.answered or self.between:
                    self.flush_calls()
                self._think(thought_in(view), item.at)
            case _:
                self._besides(item)

    def _say(self, view: MessageView, item: Item) -> None:
        """A message. Between a call and its output none can stand.

        What the assistant says there belongs to the message that calls. Of what others say, a question that is sent
        again is told before that message, so that the model doesn't take it for a new one; all else behind the outputs.
        """
        if view.role == "assistant":
            if self.answered or self.between:
                self.flush_calls()
            self.messages.append(self._words(view, item))
            return
        words = self._words(view, item)
        if self.calls and not self.answered and words == self._newest():
            self.between.append(words)
            return
        self.flush_calls()
        self.forget_thoughts()
        self.messages.append(words)

    def _newest(self) -> ChatMessage | None:
        """The newest words of the user."""
        return next((message for message in reversed(self.messages) if message["role"] == "user"), None)

    def _besides(self, item: Item) -> None:
        """An item that has no message of its own."""
        if item.id in self.refused:
            self._refuse(item)
        elif item.type not in SILENT_TYPES:
            self.notes.ignored.append(item.at)

    def _refuse(self, item: Item) -> None:
        """A call that the user refused: told as one that was made and brought that word."""
        refused = self.refused[item.id]
        call_id = unmarked(item.id)[:CALL_ID_LENGTH]
        self._call(FunctionCallView(call_id=call_id, name=refused.name, arguments=refused.arguments), refused.output)
        self.answered = True

    def _begin_again(self, view: CompactedView, item: Item) -> None:
        """A compacted conversation stands for everything before it, but for what the system says."""
        self.flush_calls()
        self.thoughts = []
        self.messages = [message for message in self.messages if message["role"] in SYSTEM_ROLES]
        for said in view.said:
            self.messages.append({"role": "user", "content": chat_content(said, item.at, self.notes)})
        self.messages.append({"role": "user", "content": f"{COMPACTED}\n\n{view.summary}"})

    def _call(self, view: FunctionCallView, content: Content) -> None:
        if view.call_id in self.calls or self.between:
            self.flush_calls()
        self.calls[view.call_id] = view, content

    def _think(self, text: str, at: str) -> None:
        if text and self.dialect.reads_thinking:
            self.thoughts.append(Thoughts(text, at))
        elif text:
            self.notes.ignored.append(at)

    def forget_thoughts(self) -> None:
        """Thoughts that nothing of the assistant's followed go nowhere: no model reads them alone."""
        self.notes.ignored += [thought.at for thought in self.thoughts]
        self.thoughts.clear()

    def _assistant(self, message: ChatMessage) -> ChatMessage:
        """An assistant message, with the thinking that led to it as the dialect reads that."""
        thought = "".join(thought.text for thought in self.thoughts)
        self.thoughts.clear()
        if thought and self.dialect.thinking_parts:
            return {**message, "content": _with_thinking(message["content"], thought)}
        needed = self.dialect.calls_need_thinking and "tool_calls" in message
        if not thought and not needed:
            return message
        return message | {name: message.get(name, "") + thought for name in self.dialect.reasoning_fields}

    def flush_calls(self) -> None:
        """Write the calls collected so far, then their outputs in the order of the calls."""
        if not self.calls:
            return
        calls, self.calls, self.answered = self.calls, {}, False
        asked = [_tool_call(view) for view, _ in calls.values()]
        last = self.messages[-1] if self.messages else {}
        said = {"role": "assistant", "content": None}
        if last.get("role") == "assistant" and "tool_calls" not in last:
            said = self.messages.pop()
        self.messages += self.between
        self.between.clear()
        self.messages.append(self._assistant(said | {"tool_calls": asked}))
        pictures: list[ChatPart] = []
        for view, content in calls.values():
            result, seen = _apart(content)
            self.messages.append({"role": "tool", "tool_call_id": view.call_id, "content": result})
            if seen:
                about = f"What the call {view.call_id} of {chat_name(view.name, view.namespace)} shows:"
                pictures += [{"type": "text", "text": about}, *seen]
        if pictures:
            self.messages.append({"role": "user", "content": pictures})

    def _words(self, view: MessageView, item: Item) -> ChatMessage:
        at = f"{item.at}.content"
        if view.role == "assistant":
            return self._assistant({"role": "assistant", "content": plain_text(view.content, at, self.notes)})
        role = "system" if view.role == "developer" and not self.dialect.developer_role else view.role
        return {"role": role, "content": chat_content(view.content, at, self.notes)}

    def _output(self, view: FunctionCallView, item: Item, output: Item | None) -> Content:
        if output is None and item.type == "tool_search_call" and not view.call_id:
            return told(())
        if output is None or not isinstance(output.view, FunctionCallOutputView):
            raise InvalidRequest(
                f"No tool output found for function call {view.call_id}. "
                "Send a function_call_output item with this call_id.",
                param="input",
            )
        return chat_content(output.view.output, f"{output.at}.output", self.notes)


def _apart(content: Content) -> tuple[Content, list[ChatPart]]:
    """A tool's result, and the pictures of it, which stand in a message beside it: a tool message takes text only."""
    if isinstance(content, str):
        return content, []
    seen = [part for part in content if part["type"] != "text"]
    said = [part for part in content if part["type"] == "text"]
    return (said, seen) if said or not seen else ("The picture follows.", seen)


def _with_thinking(content: str | list[ChatPart] | None, thought: str) -> list[ChatPart]:
    """Content as parts, the thinking in its place."""
    part = {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}
    if isinstance(content, list):
        # Thought of after words that are there already.
        return [*content, part]
    return [part, {"type": "text", "text": content}] if content else [part]


def _tool_call(view: FunctionCallView) -> dict[str, Any]:
    function = {"name": chat_name(view.name, view.namespace), "arguments": view.arguments}
    return {"id": view.call_id, "type": "function", "function": function}


def _system_first(messages: list[ChatMessage], notes: Notes) -> list[ChatMessage]:
    """One system message at the front, as strict chat templates demand it."""
    system = [message for message in messages if message["role"] == "system"]
    rest = [message for message in messages if message["role"] != "system"]
    if len(system) <= 1 and messages[:1] == system:
        return messages
    if messages[: len(system)] != system:
        notes.approximated.append("input")
    return [{"role": "system", "content": "\n\n".join(map(_text, system))}, *rest] if system else rest


def _text(message: ChatMessage) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
