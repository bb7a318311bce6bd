"""What each operation takes and gives, by method and path as the route table has them.

A route without a row is in the document all the same: with its path, its errors, and any JSON. Counterpart:
`document.py`, which makes the document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon.wire import containers, conversations, files, models, prompts
from antiphon.wire.page import ItemPage
from antiphon.wire.responses import CreateResponse, Response
from antiphon.wire.usage import UsageList

Schema = dict[str, Any]
FORM = "multipart/form-data"
EVENTS = "text/event-stream"
JSON = "application/json"
ANYTHING = "*/*"
OBJECT: Schema = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query."""

    name: str
    schema: Schema
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `body` and `answer` are structs of the wire, or schemas; None for none.

    `form` are the members of a form, `media` what its answer is where that isn't JSON, `streams` says that it may come
    as events too.
    """

    summary: str
    answer: type | Schema | None = field(default_factory=lambda: OBJECT)
    body: type | Schema | None = None
    query: tuple[Parameter, ...] = ()
    form: Schema | None = None
    media: str = JSON
    streams: bool = False
    optional: bool = False


def _text(name: str, about: str) -> Parameter:
    return Parameter(name, {"type": "string"}, about)


def _paged(most: int = 100) -> tuple[Parameter, ...]:
    return (
        Parameter("limit", {"type": "integer", "minimum": 1, "maximum": most}, "How many at the most."),
        Parameter("order", {"enum": ["asc", "desc"]}, "By time."),
        _text("after", "The id behind which the page begins."),
        _text("before", "The id before which it ends."),
    )


INCLUDE = Parameter("include[]", {"type": "array", "items": {"type": "string"}}, "What is shown only on request.")
FOLLOWING = (
    Parameter("stream", {"type": "boolean"}, "Its events, from the beginning, and those to come."),
    Parameter("starting_after", {"type": "integer", "minimum": 0}, "With 'stream': behind the event of this number."),
)
DAY: Schema = {"type": "string", "format": "date"}
UPLOAD: Schema = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}, "purpose": {"type": "string"}},
    "required": ["file"],
}
PART: Schema = {
    "type": "object",
    "properties": {"data": {"type": "string", "format": "binary"}},
    "required": ["data"],
}
CHAT: Schema = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "messages": {"type": "array", "items": OBJECT},
        "stream": {"type": "boolean"},
        "store": {"type": "boolean"},
    },
    "required": ["model", "messages"],
}
PASSED: Schema = {"type": "object", "properties": {"model": {"type": "string"}}, "required": ["model"]}
METADATA: Schema = {
    "type": "object",
    "properties": {"metadata": {"type": "object", "additionalProperties": {"type": "string"}}},
}
MODERATE: Schema = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "input": {"anyOf": [{"type": "string"}, {"type": "array", "items": {}}]},
    },
    "required": ["input"],
}

OPERATIONS: Mapping[str, Operation] = {
    "POST /v1/responses": Operation("Make an answer.", Response, CreateResponse, streams=True),
    "GET /v1/responses": Operation("Stored answers, the newest first.", query=_paged()),
    "GET /v1/responses/{id}": Operation(
        "A stored answer; one made in the background as events too, from any of them on.",
        Response,
        query=(INCLUDE, *FOLLOWING),
        streams=True,
    ),
    "DELETE /v1/responses/{id}": Operation("Remove a stored answer."),
    "GET /v1/responses/{id}/input_items": Operation("What was put in.", ItemPage, query=(*_paged(), INCLUDE)),
    "POST /v1/responses/{id}/cancel": Operation("End a response in the background.", Response),
    "POST /v1/responses/compact": Operation("Make a conversation short.", body=CreateResponse),
    "POST /v1/responses/input_tokens": Operation("How many tokens a request would be.", body=CreateResponse),
    "POST /v1/conversations": Operation(
        "Make a conversation.", conversations.ConversationObject, conversations.CreateConversation, optional=True
    ),
    "GET /v1/conversations/{id}": Operation("A conversation.", conversations.ConversationObject),
    "POST /v1/conversations/{id}": Operation(
        "Change its metadata.", conversations.ConversationObject, conversations.UpdateConversation
    ),
    "DELETE /v1/conversations/{id}": Operation("Remove it.", conversations.ConversationDeleted),
    "POST /v1/conversations/{id}/items": Operation(
        "Put items in.", ItemPage, conversations.CreateItems, query=(INCLUDE,)
    ),
    "GET /v1/conversations/{id}/items": Operation("Its items.", ItemPage, query=(*_paged(), INCLUDE)),
    "GET /v1/conversations/{id}/items/{item_id}": Operation("One of its items.", query=(INCLUDE,)),
    "DELETE /v1/conversations/{id}/items/{item_id}": Operation("Take an item out.", conversations.ConversationObject),
    "POST /v1/prompts": Operation("Make a prompt template.", body=prompts.CreatePrompt),
    "GET /v1/prompts": Operation("Templates.", query=_paged()),
    "POST /v1/prompts/{id}/versions": Operation("One version more.", body=prompts.CreatePrompt),
    "GET /v1/prompts/{id}/versions": Operation("Versions of a template.", query=_paged()),
    "DELETE /v1/prompts/{id}": Operation("Remove a template.", prompts.PromptDeleted),
    "POST /v1/files": Operation("Keep a file.", files.FileObject, form=UPLOAD),
    "GET /v1/files": Operation("Files.", files.FilePage, query=(*_paged(10_000), _text("purpose", "Of this one."))),
    "GET /v1/files/{id}": Operation("A file.", files.FileObject),
    "DELETE /v1/files/{id}": Operation("Remove it.", files.FileDeleted),
    "GET /v1/files/{id}/content": Operation("Its bytes.", {"type": "string", "format": "binary"}, media=ANYTHING),
    "POST /v1/uploads": Operation("Begin a file that comes in parts.", files.Upload, files.CreateUpload),
    "POST /v1/uploads/{id}/parts": Operation("One part.", files.UploadPart, form=PART),
    "POST /v1/uploads/{id}/complete": Operation("Put it together.", files.Upload, files.CompleteUpload),
    "POST /v1/uploads/{id}/cancel": Operation("Forget it.", files.Upload),
    "POST /v1/containers": Operation("Make a container.", containers.Container, containers.CreateContainer),
    "GET /v1/containers": Operation("Containers.", query=_paged()),
    "GET /v1/containers/{id}": Operation("A container.", containers.Container),
    "DELETE /v1/containers/{id}": Operation("Remove it."),
    "POST /v1/containers/{id}/files": Operation("Put a file in.", containers.ContainerFile, form=UPLOAD),
    "GET /v1/containers/{id}/files": Operation("Its files.", query=_paged()),
    "GET /v1/containers/{id}/files/{file}": Operation("One of its files.", containers.ContainerFile),
    "GET /v1/containers/{id}/files/{file}/content": Operation(
        "Its bytes.", {"type": "string", "format": "binary"}, media=ANYTHING
    ),
    "DELETE /v1/containers/{id}/files/{file}": Operation("Remove it."),
    "GET /v1/models": Operation("Models of all upstreams.", models.ModelList),
    "GET /v1/models/{id}": Operation("One of them.", models.ListedModel),
    "POST /v1/chat/completions": Operation("Passed through to the model's upstream.", body=CHAT, streams=True),
    "GET /v1/chat/completions": Operation("Stored ones.", query=(*_paged(), _text("model", "Of this model."))),
    "GET /v1/chat/completions/{id}": Operation("A stored one."),
    "POST /v1/chat/completions/{id}": Operation("Change its metadata.", body=METADATA, optional=True),
    "DELETE /v1/chat/completions/{id}": Operation("Remove it."),
    "GET /v1/chat/completions/{id}/messages": Operation("Its messages.", query=_paged()),
    "POST /v1/completions": Operation("Passed through to the model's upstream.", body=PASSED, streams=True),
    "POST /v1/embeddings": Operation("Passed through to the model's upstream.", body=PASSED),
    "POST /v1/moderations": Operation("Judged by an upstream that has moderations.", body=MODERATE),
    "GET /v1/usage": Operation(
        "What the project used, by model and day.",
        UsageList,
        query=(
            Parameter("start_date", DAY, "The first day."),
            Parameter("end_date", DAY, "The last day."),
            _text("model", "Of this model."),
            Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 10_000}, "How many rows at the most."),
        ),
    ),
    "GET /metrics": Operation("What Prometheus reads.", {"type": "string"}, media="text/plain"),
    "GET /openapi.json": Operation("This document."),
    "GET /docs": Operation("This document for people.", {"type": "string"}, media="text/html"),
    "GET /v1/health": Operation("Whether the server is there."),
    "GET /v1/ready": Operation("Whether it takes work."),
}
