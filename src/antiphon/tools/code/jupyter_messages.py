"""What is said to a kernel of a Jupyter server and heard from it: messages as JSON. Pure.

Source: "Messaging in Jupyter", version 5.4. Not here: the connection (`jupyter.py`).
"""

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.tools.code.protocol import IMAGE_BYTES, Ran

FLOOD = 64
"""How many times the kept length may be printed before the code is interrupted."""
VERSION = "5.3"
DEAD = ("dead", "restarting", "autorestarting")
"""States of a kernel, told to all who listen, in which nothing is left of what it knew."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class _Parent(msgspec.Struct):
    msg_id: str = ""


class _Header(msgspec.Struct):
    msg_type: str


class Message(msgspec.Struct):
    """What is read of a message."""

    header: _Header
    parent_header: _Parent = msgspec.field(default_factory=_Parent)
    content: dict[str, Any] = msgspec.field(default_factory=dict)


_decoder = msgspec.json.Decoder(Message)


def read_message(data: str | bytes) -> Message | None:
    """A message; None for what is none of the protocol's."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None


def execute(number: str, session: str, code: str) -> str:
    """The message that asks to run code."""
    header = {"msg_id": number, "session": session, "username": "", "msg_type": "execute_request", "version": VERSION}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    said = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    return msgspec.json.encode(said | {"buffers": []}).decode()


@dataclass(slots=True)
class Output:
    """What one run of code comes to, message by message; texts are kept to `limit` bytes, from both ends.

    `replied`: the kernel says that it has run; output may still come, and then `done`, unless a server left that out.
    """

    number: str
    limit: int
    done: bool = False
    died: bool = False
    replied: bool = False
    _head: bytes = b""
    _tail: bytes = b""
    _total: int = 0
    _result: str | None = None
    _error: str | None = None
    _images: list[str] = field(default_factory=list)
    _room: int = IMAGE_BYTES

    @property
    def floods(self) -> bool:
        """Whether far more was printed than is kept."""
        return self._total > FLOOD * self.limit

    def take(self, message: Message) -> None:
        """The next message. Those that answer another request say nothing here."""
        self.died = self.died or message.content.get("execution_state") in DEAD
        if message.parent_header.msg_id != self.number:
            return
        content = message.content
        match message.header.msg_type:
            case "stream":
                self._print(_text(content.get("text")))
            case "execute_result" | "display_data":
                self._show(content.get("data"), is_result=message.header.msg_type == "execute_result")
            case "error":
                lines = content.get("traceback")
                text = "\n".join(map(str, lines)) if isinstance(lines, list) else _text(content.get("evalue"))
                self._error = shortened(_COLOURS.sub("", text), self.limit)
            case "execute_reply":
                self.replied = True
            case "status":
                self.done = self.done or content.get("execution_state") == "idle"

    def text(self) -> str:
        """What was printed, with a line where something is missing."""
        return cut(self._head, self._tail, self._total)

    def ran(self) -> Ran:
        """The outcome, without the files."""
        return Ran(logs=self.text(), result=self._result, error=self._error, images=list(self._images))

    def _print(self, text: str) -> None:
        data, half = text.encode(errors="replace"), self.limit // 2
        self._total += len(data)
        room = half - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-half:] if room < len(data) else self._tail

    def _show(self, data: object, *, is_result: bool) -> None:
        if not isinstance(data, dict):
            return
        picture = _text(data.get("image/png")).replace("\n", "")
        if picture:
            self._room -= len(picture)
            if self._room >= 0:
                self._images.append(f"data:image/png;base64,{picture}")
        elif is_result:
            self._result = shortened(_text(data.get("text/plain")), self.limit)
        else:
            self._print(_text(data.get("text/plain")) + "\n")


def cut(head: bytes, tail: bytes, total: int) -> str:
    """The text of which `head` and `tail` were kept, saying how much is missing."""
    missing = total - len(head) - len(tail)
    if missing <= 0:
        return (head + tail).decode(errors="replace")
    return f"{head.decode(errors='replace')}\n[... {missing} bytes left out ...]\n{tail.decode(errors='replace')}"


def shortened(text: str, limit: int) -> str:
    """The text, or its two ends."""
    data, half = text.encode(errors="replace"), limit // 2
    return text if len(data) <= limit else cut(data[:half], data[-half:], len(data))


def _text(value: object) -> str:
    """A text, which in a notebook may stand in lines."""
    if isinstance(value, list):
        return "".join(map(str, value))
    return value if isinstance(value, str) else ""
