"""Reads the recordings of Llama Stack's test suite, one JSON file a call, where they lie.

They hold what a client library was told and what it handed out or raised, not the wire: the wire is put together
again, one event a chunk, without times. Read only; answers are built when they are asked for.
Counterparts: `open.py`, which finds the folders; `raised.py`, which reads exceptions.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from antiphon.cassettes.canonical import canonical_path, request_key
from antiphon.cassettes.exporters.llama_stack import TOOL_METHOD, source_of
from antiphon.cassettes.format import BOM
from antiphon.cassettes.interaction import Answered, Asked, Chunk, End, Interaction, Origin
from antiphon.cassettes.raised import Raised
from antiphon.cassettes.redaction import redact_body, redact_text
from antiphon.cassettes.upstreams import upstream_name
from antiphon.errors import CassetteInvalid

NO_HOST = "databricks.invalid"
"""Stands for a host that the recording left blank (`__databricks__`); `.invalid` never resolves."""

_GETS = ("/models", "/api/ps", "/api/tags", "/api/version")
"""Asked with GET, though recorded as a POST of an empty object."""

_FINISHED = re.compile(rb'"finish_reason":\s*"|"done":\s*true')
_DONE = b"data: [DONE]\n\n"


_NOT_SENT = frozenset({"extra_headers", "extra_query", "timeout"})
"""What a client library is told beside the body."""


class Request(msgspec.Struct):
    """What was asked: over HTTP (a reranking's body is its `payload`), or of a tool (`provider` and what follows)."""

    method: str = "POST"
    url: str = ""
    body: msgspec.Raw = msgspec.Raw(b"")
    payload: msgspec.Raw = msgspec.Raw(b"")
    provider: str = ""
    tool_name: str = ""
    kwargs: msgspec.Raw = msgspec.Raw(b"{}")


class Response(msgspec.Struct):
    """What the library handed out: one object or a list, each `{"__type__", "__data__"}` where it has a class.

    And what it raised, where it did; `status` is told of rerankings only.
    """

    body: msgspec.Raw
    is_streaming: bool | None = False
    is_exception: bool | None = False
    exception_data: Raised | None = None
    exception_message: str | None = None
    status: int | None = None

    @property
    def raised(self) -> Raised | None:
        """What the library raised, at once or within the stream."""
        if not self.is_exception:
            return None
        return self.exception_data or Raised(message=self.exception_message or "")

    @property
    def end(self) -> End:
        """How the body ended."""
        if not self.is_streaming or _FINISHED.search(self.body):
            return End.COMPLETE
        return self.raised.end if self.raised else End.CUT


class Recording(msgspec.Struct):
    """One file. `id_normalization_mapping` says which real id each placeholder in the answer stands for."""

    request: Request
    response: Response
    test_id: str | None = None
    id_normalization_mapping: dict[str, str] | None = None


class Wrapped(msgspec.Struct):
    """An object of a client library: the name of its class and its members."""

    data: msgspec.Raw = msgspec.field(name="__data__")
    kind: str = msgspec.field(name="__type__", default="")


_recording = msgspec.json.Decoder(Recording)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_wrapped = msgspec.json.Decoder(Wrapped)


def read_recording(path: Path, name: str) -> Interaction | None:
    """The interaction in a file, or None where the file is some other JSON. Raises `CassetteInvalid`."""
    raw = path.read_bytes().removeprefix(BOM)
    try:
        recording = _recording.decode(raw)
    except msgspec.ValidationError:
        return None
    except (ValueError, RecursionError) as error:
        raise CassetteInvalid(f"{name} can't be read: {error}.") from None
    return _interaction(recording, partial(read_answer, path, name), name)


def _interaction(recording: Recording, load: Callable[[], Answered], name: str) -> Interaction:
    asked = _tool_asked(recording.request) if recording.request.tool_name else _asked(recording)
    return Interaction(
        number=0,
        asked=asked,
        end=recording.response.end,
        origin=Origin(name),
        load=load,
        scope=recording.test_id or "",
    )


def read_answer(path: Path, name: str) -> Answered:
    """The answer in a file, as it went over the wire. Raises `CassetteInvalid`."""
    try:
        raw = path.read_bytes().removeprefix(BOM)
        recording = _recording.decode(raw)
        interaction = _interaction(recording, partial(read_answer, path, name), name)
        mapping = recording.id_normalization_mapping or {}
        recording.response.body = msgspec.Raw(_with_ids(bytes(recording.response.body), mapping))
        answered = _streamed(recording) if recording.response.is_streaming else _whole(recording)
        return replace(answered, source=source_of(name, raw, interaction, answered))
    except (OSError, ValueError, RecursionError) as error:
        raise CassetteInvalid(f"{name} can't be read: {error}.") from None


def _asked(recording: Recording) -> Asked:
    request = recording.request
    url = redact_text(_mended_url(request.url))
    path = canonical_path(url)
    get = path.split("?")[0].endswith(_GETS)
    method = "GET" if get else request.method.upper()
    body = b"" if get else redact_body(_sent(bytes(request.body) or bytes(request.payload)))
    name = upstream_name(url, _model(body))
    return Asked(method, url, path, name, request_key(method, path, body), {}, body)


def _sent(body: bytes) -> bytes:
    """The body without what isn't part of it."""
    if not any(name.encode() in body for name in _NOT_SENT):
        return body
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return body
    return msgspec.json.encode({name: value for name, value in fields.items() if name not in _NOT_SENT})


def _tool_asked(request: Request) -> Asked:
    path = f"/{request.provider}/{request.tool_name}"
    body = redact_body(bytes(request.kwargs))
    return Asked(TOOL_METHOD, f"tool:/{path}", path, request.provider, request_key(TOOL_METHOD, path, body), {}, body)


def _mended_url(url: str) -> str:
    """The address that was meant: `/v1` doubled by the recorder, a host left blank, loopback in one spelling."""
    if url.startswith("__"):
        _, _, path = url.partition("/")
        url = f"https://{NO_HOST}/{path}"
    parts = urlsplit(url)
    host = re.sub(r"^(?:0\.0\.0\.0|localhost|\[::1?\])(?=:|$)", "127.0.0.1", parts.netloc)
    path = re.sub(r"(/v1)(?:/v1)+(?=/|$)", r"\1", parts.path)
    return urlunsplit(parts._replace(netloc=host, path=path))


class _Named(msgspec.Struct):
    model: str | None = None


def _model(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Named).model or ""
    except (ValueError, RecursionError):
        return ""


def _with_ids(body: bytes, mapping: dict[str, str]) -> bytes:
    """`body` with the real ids in place of their placeholders (`file-1`)."""
    for placeholder, real in mapping.items():
        body = re.sub(rb"(?<![\w-])" + re.escape(placeholder.encode()) + rb"(?![\w-])", real.encode(), body)
    return body


def _streamed(recording: Recording) -> Answered:
    response = recording.response
    wrapped = [_unwrapped(each) for each in _list.decode(response.body)]
    lines = [_compact(one.data) for one in wrapped]
    if response.raised and response.raised.end is End.COMPLETE:
        lines.append(response.raised.answer)
    if wrapped and wrapped[0].kind.startswith("ollama."):
        kind, pieces = "application/x-ndjson", [line + b"\n" for line in lines]
    else:
        kind, pieces = "text/event-stream", [b"data: " + line + b"\n\n" for line in lines]
        pieces += [_DONE] if response.end is End.COMPLETE and not response.raised else []
    chunks = tuple(Chunk(0, piece) for piece in pieces)
    return Answered(200, {"content-type": kind}, chunks, response.end)


def _whole(recording: Recording) -> Answered:
    response = recording.response
    raw = bytes(response.body)
    if response.raised:
        status, body = response.raised.status, response.raised.answer
    elif raw[:1] == b"[":
        wrapped = [_unwrapped(each) for each in _list.decode(raw)]
        status, body = 200, b'{"object":"list","data":[' + b",".join(_compact(one.data) for one in wrapped) + b"]}"
    else:
        status, body = response.status or 200, _compact(_unwrapped(response.body).data)
    return Answered(status, {"content-type": "application/json"}, (Chunk(0, body),), End.COMPLETE)


def _unwrapped(raw: msgspec.Raw) -> Wrapped:
    """An object of a class, or plain JSON."""
    try:
        return _wrapped.decode(raw)
    except msgspec.ValidationError:
        return Wrapped(raw)


def _compact(raw: msgspec.Raw) -> bytes:
    """JSON on one line; numbers and strings keep their spelling."""
    return msgspec.json.format(bytes(raw), indent=-1)
