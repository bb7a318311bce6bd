"""Items of a response or conversation as what a person reads: who said what, which call gave what. Pure.

Not here: the HTML round it (`templates/items.html`). Counterpart: `wire/items.py`, what items are.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from markupsafe import Markup

from antiphon.console.markdown import markdown, plain
from antiphon.console.texts import OUTPUT, Json, texts, value_of
from antiphon.wire.answers import StoredItem

Shape = Literal["message", "call", "fold"]

DATA_IMAGE = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,", re.ASCII)
CALLS_WITH_OUTPUT = frozenset({"mcp_call", "code_interpreter_call", "web_search_call", "file_search_call"})

NOTHING = Markup()


@dataclass(slots=True)
class Entry:
    """One thing to look at: a message, a call with its result, or something folded away.

    `body`, `left` and `right` are HTML; `raw` is the item's JSON; `note` says in a word how it stands.
    """

    id: str
    shape: Shape
    title: str
    role: str = ""
    body: Markup = NOTHING
    left: str = ""
    right: Markup | None = None
    note: str = ""
    bad: bool = False
    raw: str = ""
    images: list[int] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that an item carries in itself."""

    media: str
    data: bytes


def entries(items: Sequence[StoredItem]) -> list[Entry]:
    """The items in order; the output of a call stands beside the call."""
    read = [value_of(item) for item in items]
    outputs = {str(one.get("call_id")): one for one in read if str(one.get("type", "")).endswith(OUTPUT)}
    called = {str(one.get("call_id")) for one in read if one.get("call_id") and one not in outputs.values()}
    shown: list[Entry] = []
    for item, value in zip(items, read, strict=True):
        entry = _entry(item, value, outputs, called)
        if entry is not None:
            entry.images = [number for number, _ in enumerate(_data_images(value))]
            shown.append(entry)
    return shown


def picture(item: StoredItem, number: int) -> Picture | None:
    """The image of this number among those that the item carries; None where there is none."""
    found = list(_data_images(value_of(item)))
    if not 0 <= number < len(found):
        return None
    match = DATA_IMAGE.match(found[number])
    try:
        return Picture(match[1], base64.b64decode(found[number][match.end() :])) if match else None
    except binascii.Error:
        return None


def _entry(item: StoredItem, value: Json, outputs: dict[str, Json], called: set[str]) -> Entry | None:
    kind, raw = str(value.get("type") or "message"), json.dumps(value, ensure_ascii=False, indent=2)
    call_id = str(value.get("call_id"))
    if kind.endswith(OUTPUT):
        if call_id in called:
            return None
        right = _result(value.get("output"))
        return Entry(item.id, "call", "result", left="", right=right, note=f"of {call_id}", raw=raw)
    if kind == "message":
        return _message(item, value, raw)
    if kind == "reasoning":
        body = _thoughts(value)
        return Entry(item.id, "fold", "Reasoning", body=body, note="" if body else "sealed", raw=raw)
    if kind.endswith("_call"):
        return _call(item, value, outputs.get(call_id), raw)
    return _other(item, value, kind, raw)


def _message(item: StoredItem, value: Json, raw: str) -> Entry:
    role = str(value.get("role") or "user")
    content = value.get("content")
    parts: list[Any] = content if isinstance(content, list) else [{"type": "input_text", "text": content or ""}]
    told = [part for part in parts if isinstance(part, dict)]
    body = Markup().join(_part(part, role) for part in told)
    links = [link for part in told for link in _links(part)]
    status = str(value.get("status") or "")
    note = "" if status in {"", "completed"} else status
    return Entry(item.id, "message", role, role=role, body=body, note=note, raw=raw, links=links)


def _part(part: Json, role: str) -> Markup:
    kind = str(part.get("type"))
    if kind == "refusal":
        return Markup('<p class="refusal">{}</p>').format(part.get("refusal", ""))
    text = part.get("text")
    if isinstance(text, str):
        return markdown(text) if role == "assistant" else plain(text)
    if kind == "input_image" and isinstance(part.get("image_url"), str) and not DATA_IMAGE.match(part["image_url"]):
        return Markup('<p class="dim">Image at {}: it isn\'t fetched here.</p>').format(_cut(part["image_url"]))
    if kind == "input_file":
        return Markup('<p class="dim">File {}</p>').format(part.get("filename") or part.get("file_id") or "")
    return Markup()


def _links(part: Json) -> list[str]:
    """What an answer's text cites."""
    notes = part.get("annotations")
    said: list[Json] = [note for note in notes if isinstance(note, dict)] if isinstance(notes, list) else []
    return list(
        dict.fromkeys(str(note.get("url") or note.get("filename") or note.get("file_id") or "") for note in said)
    )


def _call(item: StoredItem, value: Json, output: Json | None, raw: str) -> Entry:
    kind = str(value["type"])
    title = str(value.get("name") or kind.removesuffix("_call").replace("_", " "))
    said: Any = next(
        (value[name] for name in ("arguments", "input", "action", "code", "operation") if value.get(name)), {}
    )
    error, right = value.get("error"), None
    if error:
        right = _result(error)
    elif output is not None:
        right = _result(output.get("output"))
    elif any(value.get(name) is not None for name in ("output", "outputs", "results")):
        right = _result(next(value[name] for name in ("output", "outputs", "results") if value.get(name) is not None))
    status = str(value.get("status") or "")
    note = str(
        value.get("server_label") or ("" if kind == "function_call" else kind.removesuffix("_call").replace("_", " "))
    )
    waiting = right is None and kind not in CALLS_WITH_OUTPUT and status == "completed" and "result" not in value
    note = f"{note} · no result in this response".strip(" ·") if waiting else note
    return Entry(
        item.id, "call", title, left=_json(said), right=right, note=note, bad=bool(error) or status == "failed", raw=raw
    )  # fmt: skip


def _other(item: StoredItem, value: Json, kind: str, raw: str) -> Entry:
    title, body = kind.replace("_", " ").capitalize(), Markup()
    if kind == "mcp_list_tools":
        tools = value.get("tools")
        names = [str(tool.get("name")) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
        title, body = f"Tools of {value.get('server_label', '')}", Markup("<p>{}</p>").format(", ".join(names))
    elif kind == "mcp_approval_request":
        title = f"Approval asked: {value.get('name', '')} of {value.get('server_label', '')}"
        body = Markup("<pre>{}</pre>").format(_json(value.get("arguments")))
    elif kind == "mcp_approval_response":
        title = "Approved" if value.get("approve") else "Refused"
        body = Markup("<p>{}</p>").format(value.get("reason") or "")
    bad = bool(value.get("error"))
    return Entry(item.id, "fold", title, body=body, note=_json(value["error"]) if bad else "", bad=bad, raw=raw)


def _thoughts(value: Json) -> Markup:
    said: list[str] = []
    for name in ("summary", "content"):
        parts = value.get(name)
        said += (
            [str(part.get("text", "")) for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        )
    return Markup().join(markdown(text) for text in said if text)


def _result(value: Any) -> Markup:  # noqa: ANN401 - JSON of every kind
    """A tool's result: its texts if it has such, else its JSON."""
    text = texts(value) if isinstance(value, list | str) else ""
    return Markup("<pre>{}</pre>").format(_json(text or _without_data(value)))


def _json(value: Any) -> str:  # noqa: ANN401 - JSON of every kind
    """JSON, indented; a text that holds an object or list too, any other text as it is."""
    if isinstance(value, str):
        try:
            read = json.loads(value)
            return json.dumps(read, ensure_ascii=False, indent=2) if isinstance(read, dict | list) else value
        except (ValueError, RecursionError):
            return value
    return json.dumps(value, ensure_ascii=False, indent=2)


def _without_data(value: Any) -> Any:  # noqa: ANN401 - JSON of every kind
    """The same with encoded images named instead of shown as text."""
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, list):
        return [_without_data(member) for member in value]
    return {name: _without_data(member) for name, member in value.items()} if isinstance(value, dict) else value


def _cut(text: str) -> str:
    return f"{text[:40]}… ({len(text)} characters)" if text.startswith("data:") else text


def _data_images(value: Any) -> Iterable[str]:  # noqa: ANN401 - JSON of every kind
    """The images that stand in an item, as data URLs."""
    if isinstance(value, dict):
        if value.get("type") == "image_generation_call" and isinstance(value.get("result"), str):
            yield f"data:image/{value.get('output_format') or 'png'};base64,{value['result']}"
            return
        for member in value.values():
            yield from _data_images(member)
    elif isinstance(value, list):
        for member in value:
            yield from _data_images(member)
    elif isinstance(value, str) and DATA_IMAGE.match(value):
        yield value
