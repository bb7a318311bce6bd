"""HTTP clients that judge every answer of our server while it is read: its shape, its order, its headers.

Handed to the official SDK as its HTTP client, they see the very bytes it is given. A stream that the reader
leaves early is not judged. Not here: what a test expects of an answer. Counterparts: `judge.py`,
`antiphon.testing.check_stream`.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import judge
import msgspec
from judged_vectors import judge_of_vector_stores
from openai.types import FileDeleted, FileObject, Upload
from openai.types.admin.organization import AuditLogListResponse
from openai.types.container_retrieve_response import ContainerRetrieveResponse
from openai.types.containers.file_retrieve_response import FileRetrieveResponse
from openai.types.conversations import ConversationItemList
from openai.types.responses import CompactedResponse, InputTokenCountResponse
from openai.types.uploads import UploadPart
from pydantic import TypeAdapter
from shown import SHOWN, shown_by

from antiphon.testing import check_response, check_stream, parse_sse
from antiphon.wire.usage import UsageList

PASSED_THROUGH = ("/chat/completions", "/completions", "/embeddings")
REQUEST_ID = re.compile(r"req_[0-9a-f]{32}|req_[0-9a-f]+")
NO_TLS = False
"""Loading the system's certificates takes a client longer than most tests, and our servers have none."""
ERROR_MEMBERS = {"message", "type", "param", "code"}


def judge_answer(request: httpx2.Request, answer: httpx2.Response, body: bytes) -> None:
    """Judge one whole answer. Raises AssertionError."""
    assert REQUEST_ID.fullmatch(answer.headers.get("x-request-id", "")), f"x-request-id of {request.url}"
    path = request.url.path.removeprefix("/v1")
    if path in PASSED_THROUGH or request.method == "OPTIONS":
        return
    streamed = answer.headers.get("content-type", "").startswith("text/event-stream")
    if streamed:
        after = request.url.params.get("starting_after")
        if body or after is None:
            judge_stream(body, 0 if after is None else int(after) + 1)
    else:
        judge_body(request.method, path, answer, body)
    made = path in {"/responses", "/responses/compact"} and (request.method, answer.status_code) == ("POST", 200)
    if made:
        SHOWN.add(*shown_by(request.read(), body, streamed=streamed))


def judge_body(method: str, path: str, answer: httpx2.Response, body: bytes) -> None:
    """Judge a body that is JSON; a file's content is whatever it is."""
    if answer.status_code < 400 and path.endswith("/content"):
        return
    found = json.loads(body)
    if answer.status_code >= 400:
        judge_error(found)
    else:
        judge_json(method, path, found)


def judge_stream(body: bytes, start: int = 0) -> dict[str, Any]:
    """Judge the bytes of a stream, from number `start` on, and give back the final response."""
    for event in parse_sse(body):
        judge.judge_event(event)
    return dict(check_stream(body, start=start))


def judge_error(found: Any) -> None:
    """Judge the body of an error."""
    assert found.keys() == {"error"}, found
    error = found["error"]
    assert error.keys() == ERROR_MEMBERS, error
    assert isinstance(error["message"], str), error
    assert error["message"].strip(), error
    assert isinstance(error["type"], str), error


def judge_json(method: str, path: str, found: Any) -> None:
    """Judge the body of an answer that succeeded, by what was asked for."""
    match method, path.split("/")[1:]:
        case ("POST", ["responses"] | ["responses", _, "cancel"]) | ("GET", ["responses", _]):
            judge.judge_response(found)
            check_response(found)
        case "GET", ["responses"]:
            _judge_responses(found)
        case "POST", ["responses", "input_tokens" | "compact" as what]:
            judge_counted(found) if what == "input_tokens" else judge_compacted(found)
        case "DELETE", ["responses", response_id]:
            assert found == {"id": response_id, "object": "response", "deleted": True}
        case "GET", ["responses", _, "input_items"]:
            judge.judge_page(found)
        case "GET", ["models"]:
            judge.judge_models(found)
        case "GET", ["models", *_]:
            judge.judge_model(found)
        case "GET", ["health" | "ready" as state]:
            assert found == {"status": "OK" if state == "health" else state}
        case _, [
            "conversations"
            | "prompts"
            | "containers"
            | "files"
            | "uploads"
            | "organization"
            | "usage"
            | "vector_stores" as noun,
            *rest,
        ]:
            NOUNS[noun](method, rest, found)
        case _:
            raise AssertionError(f"nothing is known of {method} {path}")


def judge_counted(found: Any) -> None:
    """Judge a count of tokens."""
    TypeAdapter(InputTokenCountResponse).validate_python(found, strict=True)


def judge_compacted(found: Any) -> None:
    """Judge a compaction: the user's messages, which the SDK tells of and has no type for among output items, and one item."""
    *said, item = found["output"]
    for message in said:
        judge.judge_item(message)
        assert message["role"] == "user"
    assert item["type"] == "compaction"
    TypeAdapter(CompactedResponse).validate_python({**found, "output": [item]}, strict=True)


def judge_of_usage(_: str, rest: list[str], found: Any) -> None:
    """Judge what was used."""
    assert rest == []
    msgspec.convert(found, UsageList, strict=True)


def judge_of_containers(method: str, rest: list[str], found: Any) -> None:
    """Judge a container, one of its files, a list of them, or that one is gone."""
    in_files = rest[1:2] == ["files"]
    kind = "container.file" if in_files else "container"
    if method == "DELETE":
        assert found == {"id": rest[-1], "object": f"{kind}.deleted", "deleted": True}
        return
    shape = FileRetrieveResponse if in_files else ContainerRetrieveResponse
    listed = method == "GET" and len(rest) in (0, 2)
    for entry in found["data"] if listed else [found]:
        TypeAdapter(shape).validate_python(entry, strict=True)
        assert entry["object"] == kind


def judge_of_prompts(method: str, rest: list[str], found: Any) -> None:
    """Judge a prompt, a list of them, or that one is gone."""
    if method == "DELETE":
        assert found == {"id": rest[0], "object": "prompt.deleted", "deleted": True}
        return
    listed = method == "GET" and rest[1:] in ([], ["versions"]) and len(rest) != 1
    if listed:
        assert found.keys() == {"object", "data", "first_id", "last_id", "has_more"}
    for prompt in found["data"] if listed else [found]:
        assert prompt["object"] == "prompt"
        assert isinstance(prompt["version"], str)
        assert isinstance(prompt["variables"], list)
        assert prompt.keys() >= {"id", "created_at", "name", "metadata"}


def judge_of_conversations(method: str, rest: list[str], found: Any) -> None:
    """Judge a conversation, its items, one of them, or that it is gone."""
    match method, rest:
        case "GET" | "POST", [_, "items"]:
            judge.judge_page(found, ConversationItemList)
        case "DELETE", [conversation_id]:
            assert found == {"id": conversation_id, "object": "conversation.deleted", "deleted": True}
        case _ if found.get("object") == "conversation":
            judge.judge_conversation(found)
        case _:
            judge.judge_conversation_item(found)


def judge_of_files(method: str, rest: list[str], found: Any) -> None:
    """Judge a file, a list of them, or that one is gone."""
    if method == "DELETE":
        TypeAdapter(FileDeleted).validate_python(found, strict=True)
        return
    listed = method == "GET" and not rest
    if listed:
        ids = [file["id"] for file in found["data"]]
        assert (found["first_id"], found["last_id"]) == ((ids[0], ids[-1]) if ids else ("", "")), found
    for file in found["data"] if listed else [found]:
        TypeAdapter(FileObject).validate_python(file, strict=True)


def judge_of_uploads(method: str, rest: list[str], found: Any) -> None:
    """Judge an upload, or one of its parts."""
    assert method == "POST"
    TypeAdapter(UploadPart if rest[1:] == ["parts"] else Upload).validate_python(found, strict=True)


def judge_of_organization(method: str, rest: list[str], found: Any) -> None:
    """Judge the audit log."""
    assert (method, rest) == ("GET", ["audit_logs"])
    TypeAdapter(list[AuditLogListResponse]).validate_python(found["data"], strict=True)


NOUNS = {
    "organization": judge_of_organization,
    "vector_stores": judge_of_vector_stores,
    "files": judge_of_files,
    "uploads": judge_of_uploads,
    "conversations": judge_of_conversations,
    "prompts": judge_of_prompts,
    "containers": judge_of_containers,
    "usage": judge_of_usage,
}


class _Read(httpx2.SyncByteStream):
    """A body on its way to the reader, judged at its end."""

    def __init__(self, request: httpx2.Request, answer: httpx2.Response) -> None:
        self._request = request
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        parts = []
        for part in self._answer.iter_raw():
            parts.append(part)
            yield part
        judge_answer(self._request, self._answer, b"".join(parts))

    def close(self) -> None:
        self._answer.close()


class _ReadAsync(httpx2.AsyncByteStream):
    """The same for the asynchronous client."""

    def __init__(self, request: httpx2.Request, answer: httpx2.Response) -> None:
        self._request = request
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = []
        async for part in self._answer.aiter_raw():
            parts.append(part)
            yield part
        judge_answer(self._request, self._answer, b"".join(parts))

    async def aclose(self) -> None:
        await self._answer.aclose()


class Judged(httpx2.BaseTransport):
    """A transport that judges what it brings."""

    def __init__(self) -> None:
        self._inner = httpx2.HTTPTransport(verify=NO_TLS)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._inner.handle_request(request)
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=_Read(request, answer))

    def close(self) -> None:
        self._inner.close()


class JudgedAsync(httpx2.AsyncBaseTransport):
    """The same for the asynchronous client."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(verify=NO_TLS)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=_ReadAsync(request, answer))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _judge_responses(found: Any) -> None:
    """A list that OpenAI doesn't have: each is a response, and its input a list of items."""
    assert set(found) == {"object", "data", "first_id", "last_id", "has_more"}
    for one in found["data"]:
        items = one.pop("input")
        judge.judge_response(one)
        ends = {"first_id": items[0]["id"] if items else "", "last_id": items[-1]["id"] if items else ""}
        judge.judge_page({"object": "list", "data": items, "has_more": False, **ends})
        one["input"] = items
