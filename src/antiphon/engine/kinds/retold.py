"""Calls and their outputs, told again to a chat model: every kind as the function call it once was.

A chat model knows functions only, so a shell call from an earlier answer goes back as a call of the function
`shell`, and its output as that function's result. Counterparts: the faces beside this, which made the calls.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.kinds.computer import COMPUTER
from antiphon.engine.kinds.tool_search import TOOL_SEARCH
from antiphon.engine.mcp import output_text
from antiphon.engine.naming import chat_name
from antiphon.engine.reading import read
from antiphon.engine.tool_search import told
from antiphon.wire.items import FunctionCallOutputView, FunctionCallView


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """A call that carries its own output, as those of the server's tools do; its item's id is its call id."""

    name: str
    arguments: str
    output: str


class _Custom(msgspec.Struct):
    call_id: str
    name: str
    input: str
    namespace: str | None = None


class _ToolSearch(msgspec.Struct):
    arguments: Any
    call_id: str | None = None


class _Found(msgspec.Struct):
    tools: list[Any]
    call_id: str | None = None


class _Action(msgspec.Struct):
    call_id: str
    action: dict[str, Any]


class _Operation(msgspec.Struct):
    call_id: str
    operation: dict[str, Any]


class _ShellOutput(msgspec.Struct):
    call_id: str
    output: str | list[dict[str, Any]]


class _Computer(msgspec.Struct):
    call_id: str
    action: dict[str, Any] | None = None
    actions: list[dict[str, Any]] | None = None


class _Screenshot(msgspec.Struct):
    image_url: str | None = None
    file_id: str | None = None


class _ComputerOutput(msgspec.Struct):
    call_id: str
    output: _Screenshot


class _LocalShellOutput(msgspec.Struct):
    output: str | list[msgspec.Raw]
    id: str | None = None
    call_id: str | None = None


class _PatchOutput(msgspec.Struct):
    call_id: str
    status: str = "completed"
    output: str | None = None


class _Mcp(msgspec.Struct):
    name: str
    arguments: str
    output: str | None = None
    error: str | dict[str, Any] | None = None


class _Picture(msgspec.Struct):
    result: str | None = None
    revised_prompt: str | None = None


class _Search(msgspec.Struct):
    action: dict[str, Any] | None = None
    results: list[Any] | None = None
    status: str | None = None


class _FileSearch(msgspec.Struct):
    queries: list[str] = []
    results: list[Any] | None = None
    status: str | None = None


class _Code(msgspec.Struct):
    code: str | None = None
    outputs: list[dict[str, Any]] | None = None


Retold = FunctionCallView | FunctionCallOutputView | AnsweredCall
Reader = Callable[[bytes, str], Retold]


def _call(call_id: str, name: str, arguments: object) -> FunctionCallView:
    return FunctionCallView(call_id=call_id, name=name, arguments=_json(arguments))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None and name != "type"}


def _custom(raw: bytes, at: str) -> Retold:
    item = read(raw, _Custom, at)
    return _call(item.call_id, chat_name(item.name, item.namespace), {"input": item.input})


def _tool_search(raw: bytes, at: str) -> Retold:
    # A search of this server has no call id: its output is the next one that has none either.
    item = read(raw, _ToolSearch, at)
    arguments = item.arguments if isinstance(item.arguments, dict) else {"query": str(item.arguments or "")}
    return _call(item.call_id or "", TOOL_SEARCH, arguments)


def _found(raw: bytes, at: str) -> Retold:
    item = read(raw, _Found, at)
    tools = [tool for tool in item.tools if isinstance(tool, dict)]
    return FunctionCallOutputView(call_id=item.call_id or "", output=told(tools))


def _local_shell(raw: bytes, at: str) -> Retold:
    item = read(raw, _Action, at)
    return _call(item.call_id, "local_shell", _said(item.action))


def _shell(raw: bytes, at: str) -> Retold:
    item = read(raw, _Action, at)
    return _call(item.call_id, "shell", _said(item.action))


def _apply_patch(raw: bytes, at: str) -> Retold:
    item = read(raw, _Operation, at)
    return _call(
        item.call_id, "apply_patch", {name: value for name, value in item.operation.items() if value is not None}
    )


def _output(raw: bytes, at: str) -> Retold:
    return read(raw, FunctionCallOutputView, at)


def _local_shell_output(raw: bytes, at: str) -> Retold:
    # Its `id` is documented as that of the call; newer clients send `call_id` as other outputs have it.
    item = read(raw, _LocalShellOutput, at)
    return FunctionCallOutputView(call_id=item.call_id or item.id or "", output=item.output)


def _shell_output(raw: bytes, at: str) -> Retold:
    item = read(raw, _ShellOutput, at)
    said = item.output if isinstance(item.output, str) else "\n".join(map(_one_command, item.output))
    return FunctionCallOutputView(call_id=item.call_id, output=said)


def _one_command(output: dict[str, Any]) -> str:
    outcome = output.get("outcome") or {}
    ending = "timed out" if outcome.get("type") == "timeout" else f"exit code {outcome.get('exit_code', 0)}"
    parts = [output.get("stdout"), output.get("stderr"), f"[{ending}]"]
    return "\n".join(str(part).rstrip("\n") for part in parts if part)


def _patch_output(raw: bytes, at: str) -> Retold:
    item = read(raw, _PatchOutput, at)
    said = item.output or item.status
    return FunctionCallOutputView(
        call_id=item.call_id, output=f"failed: {said}" if item.status == "failed" and item.output else said
    )


def _computer(raw: bytes, at: str) -> Retold:
    item = read(raw, _Computer, at)
    asked = {"action": item.action, "actions": item.actions}
    return _call(item.call_id, COMPUTER, _said(asked))


def _computer_output(raw: bytes, at: str) -> Retold:
    item = read(raw, _ComputerOutput, at)
    picture = {"type": "input_image", "image_url": item.output.image_url, "file_id": item.output.file_id}
    if not (item.output.image_url or item.output.file_id):
        picture = {"type": "input_text", "text": "There is no picture of the screen."}
    return FunctionCallOutputView(call_id=item.call_id, output=[msgspec.Raw(msgspec.json.encode(picture))])


def _mcp(raw: bytes, at: str) -> Retold:
    item = read(raw, _Mcp, at)
    arguments = item.arguments or "{}"
    if item.error is None:
        return AnsweredCall(item.name, arguments, item.output or "")
    return AnsweredCall(item.name, arguments, failure_text(item.error))


def _web_search(raw: bytes, at: str) -> Retold:
    item = read(raw, _Search, at)
    action = item.action or {}
    asked = action.get("query") or action.get("url") or ""
    if item.status == "failed":
        return AnsweredCall("web_search", _json({"query": asked}), "The search failed.")
    found = [one for one in item.results or action.get("sources") or () if isinstance(one, dict)]
    pages = ["\n".join(str(one[name]) for name in ("title", "url", "text") if one.get(name)) for one in found]
    return AnsweredCall("web_search", _json({"query": asked}), "\n\n".join(["The search was made.", *pages]))


def _file_search(raw: bytes, at: str) -> Retold:
    item = read(raw, _FileSearch, at)
    asked = _json({"query": item.queries[0]} if len(item.queries) == 1 else {"queries": item.queries})
    if item.status == "failed":
        return AnsweredCall("file_search", asked, "The search failed.")
    found = [one for one in item.results or () if isinstance(one, dict)]
    passages = ["\n".join(str(one[name]) for name in ("filename", "text") if one.get(name)) for one in found]
    return AnsweredCall("file_search", asked, "\n\n".join(["The search was made.", *passages]))


def _code_interpreter(raw: bytes, at: str) -> Retold:
    item = read(raw, _Code, at)
    said = [output.get("logs") or "[A picture was shown to the user.]" for output in item.outputs or ()]
    output = "\n".join(map(str, said)) or "The code was run; what it printed isn't kept."
    return AnsweredCall("python", _json({"code": item.code or ""}), output)


def _picture(raw: bytes, at: str) -> Retold:
    item = read(raw, _Picture, at)
    told = "The picture was made, and the user was shown it." if item.result else "The picture couldn't be made."
    return AnsweredCall("image_generation", _json({"prompt": item.revised_prompt or ""}), told)


def failure_text(error: str | dict[str, Any]) -> str:
    """What the model reads of a call that failed."""
    return f"The call failed: {_error_text(error)}"


def _error_text(error: str | dict[str, Any]) -> str:
    """The error of a call in any of its shapes: a sentence, one with a message, or a tool's own content."""
    if isinstance(error, str):
        return error
    content = error.get("content")
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return str(error.get("message") or output_text(blocks) or "the tool gave no reason")


RETOLD: dict[str, Reader] = {
    "custom_tool_call": _custom,
    "custom_tool_call_output": _output,
    "local_shell_call": _local_shell,
    "local_shell_call_output": _local_shell_output,
    "shell_call": _shell,
    "shell_call_output": _shell_output,
    "apply_patch_call": _apply_patch,
    "apply_patch_call_output": _patch_output,
    "mcp_call": _mcp,
    "computer_call": _computer,
    "computer_call_output": _computer_output,
    "tool_search_call": _tool_search,
    "tool_search_output": _found,
    "web_search_call": _web_search,
    "file_search_call": _file_search,
    "image_generation_call": _picture,
    "code_interpreter_call": _code_interpreter,
}
"""How an item of each type is told to a chat model."""
