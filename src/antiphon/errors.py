"""Every error this project raises, and whose fault each one is.

    AntiphonError
    ├── ClientFault             the request is wrong; repeating it unchanged won't help
    │   ├── InvalidRequest      400
    │   ├── AddressRefused      400   an address that this server may not call for a client
    │   ├── FetchFailed         400   what a client named couldn't be had from there
    │   ├── ContextTooLong      400   more tokens than the model's context window holds
    │   ├── ConversationLocked  400   another response is at work on the conversation
    │   ├── ConnectionTooOld    400   a WebSocket was open for as long as one may be
    │   ├── Unauthorized        401   no key, or none of this server's
    │   ├── Forbidden           403   the browser guard of an open server
    │   │   └── ScopeMissing    403   the key isn't good for this
    │   ├── NotFound            404
    │   │   └── NotAnId         400   nothing can be there: the id is of another kind
    │   ├── MethodNotAllowed    405
    │   ├── Conflict            409   what is to be changed has ended meanwhile
    │   ├── TooLarge            413
    │   ├── UnsupportedMedia    415
    │   ├── UnreadableFile      400   no text can be had from a file: broken, encrypted, empty, scanned, too large
    │   ├── RangeNotSatisfiable 416   a range of a file that begins behind its end
    │   ├── UpgradeRequired     426   the path speaks WebSocket, or the server was started without it
    │   ├── ProjectOverloaded   429   more goes on for one project than may
    │   └── TooManyRequests     429   more at once than one client may ask
    │       └── LimitReached    429   a key or project has used what it may, for now
    ├── UpstreamFault           the model server is at fault
    │   ├── UpstreamRefused     its own 4xx/5xx, passed on
    │   ├── UpstreamUnavailable 502   no status line ever came
    │   ├── UpstreamCut         502   the stream ended before the answer did
    │   ├── UpstreamTimeout     504   silent for longer than allowed
    │   ├── UpstreamGarbage     502   it sent something that isn't a chat completion
    │   └── UpstreamUnfit       502   the model didn't keep to the schema or grammar that was asked for
    ├── ToolFault               a tool's server is at fault; its item says so, and the answer goes on
    │   ├── McpFailed           424   an MCP server is down, slow, refuses or doesn't speak MCP
    │   ├── SandboxFailed       424   the sandbox for code can't be started, or is gone
    │   └── ToolFailed          424   the service behind a tool is down, slow, refuses or sends nonsense
    ├── CassetteFault
    │   ├── CassetteMiss        404   replay has no such interaction
    │   └── CassetteInvalid     500   the file can't be read
    ├── StoreFault              503   what was to be saved isn't saved
    ├── LeaseLost               503   a worker was slow, and another has taken its run up since
    ├── PackageMissing          501   an optional package that this needs isn't installed
    ├── ServerStopping          503   the server was told to stop before it could answer
    ├── Overloaded              503   more goes on in this server than may
    └── ConfigFault             (no HTTP) the operator's settings; the program says so and exits with 2

Not here: the JSON body of an error (`wire/errors.py`) and the HTTP answer (`server/errors.py`).
"""

from collections.abc import Mapping
from math import ceil
from typing import ClassVar

RETRY_SOON: Mapping[str, str] = {"retry-after": "2"}
"""Header of errors that are over in a moment."""


class AntiphonError(Exception):
    """Base of all errors.

    `message` is one or two sentences for a person: what was wrong and how to mend it. `code` is the
    machine's word for it, `param` the path of the request field at fault (`input[2].content`).
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    default_code: ClassVar[str | None] = None

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.param = param

    @property
    def http_status(self) -> int:
        """The status an HTTP answer carries."""
        return self.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Extra headers an HTTP answer carries, such as `retry-after`."""
        return {}


class ClientFault(AntiphonError):
    """The caller's request can't be served as it is."""

    status = 400
    type = "invalid_request_error"


class InvalidRequest(ClientFault):
    """A field is missing, mistyped, out of range or contradicts another."""


class AddressRefused(ClientFault):
    """A client named an address that this server may not call: of its own network, another scheme or port."""

    default_code = "address_refused"


class FetchFailed(ClientFault):
    """What a client named by its address couldn't be fetched: it is down, refuses, is too large or too slow."""

    default_code = "fetch_failed"


class TooManyRequests(ClientFault):
    """More is asked at once than one client may ask."""

    status = 429
    type = "rate_limit_error"
    default_code = "too_many_requests"


class ProjectOverloaded(ClientFault):
    """One project has as much going on as it may."""

    status = 429
    type = "rate_limit_error"
    default_code = "project_overloaded"

    @property
    def headers(self) -> Mapping[str, str]:
        return RETRY_SOON


class LimitReached(TooManyRequests):
    """A key or a project has used up what it may use in a time, or holds as much as it may hold.

    `kind` says of what, `retry_after` is the number of seconds until some of it is free again.
    """

    default_code = "rate_limit_exceeded"

    def __init__(self, message: str, *, kind: str, retry_after: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.kind = kind
        self.retry_after = retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        return {"retry-after": str(max(1, ceil(self.retry_after)))}


class UpgradeRequired(ClientFault):
    """This path speaks WebSocket alone, or the server was started without it."""

    status = 426
    default_code = "upgrade_required"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"upgrade": "websocket", "connection": "upgrade"}


class ConnectionTooOld(ClientFault):
    """A WebSocket connection has been open for as long as one may be."""

    default_code = "websocket_connection_limit_reached"


class ContextTooLong(ClientFault):
    """The input has more tokens than the model takes.

    `tokens` is how many it has, `window` how many the model takes, where that is known.
    """

    default_code = "context_length_exceeded"

    def __init__(self, message: str, *, tokens: int | None = None, window: int | None = None) -> None:
        super().__init__(message, param="input")
        self.tokens = tokens
        self.window = window


class ConversationLocked(ClientFault):
    """Another response is at work on this conversation; the same request may succeed a little later."""

    default_code = "conversation_locked"


class Unauthorized(ClientFault):
    """A request came without a key, or with one that isn't, or isn't any more, a key of this server."""

    status = 401
    default_code = "invalid_api_key"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"www-authenticate": "Bearer"}


class Forbidden(ClientFault):
    """An open server was reached from a place it doesn't serve."""

    status = 403
    default_code = "forbidden"


class ScopeMissing(Forbidden):
    """The key is right, but not good for what it was used for."""

    default_code = "missing_scope"


class NotFound(ClientFault):
    """No such thing here, or none that this project may see."""

    status = 404
    default_code = "not_found"


class NotAnId(NotFound):
    """No such thing can be, since its id is of another kind."""

    status = 400
    default_code = "invalid_value"


class MethodNotAllowed(ClientFault):
    """The path exists, the method doesn't."""

    status = 405
    default_code = "method_not_allowed"


class Conflict(ClientFault):
    """What is to be changed has come to its end, and can't be any more."""

    status = 409
    default_code = "conflict"

    @property
    def headers(self) -> Mapping[str, str]:
        """OpenAI's SDKs would ask again after a 409 by themselves, but for this header."""
        return {"x-should-retry": "false"}


class TooLarge(ClientFault):
    """The body is larger than the server takes."""

    status = 413
    default_code = "request_too_large"


class UnsupportedMedia(ClientFault):
    """The body isn't declared as JSON."""

    status = 415
    default_code = "unsupported_media_type"


class UnreadableFile(ClientFault):
    """No text can be had from a file; the message names it. `code` is one of a vector store file's `last_error`."""

    default_code = "invalid_file"


class RangeNotSatisfiable(ClientFault):
    """A range of a content begins behind its end; `size` is how many bytes there are."""

    status = 416
    default_code = "range_not_satisfiable"

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size

    @property
    def headers(self) -> Mapping[str, str]:
        return {"content-range": f"bytes */{self.size}"}


class UpstreamFault(AntiphonError):
    """The model server failed; the request may be right."""

    status = 502
    type = "upstream_error"


class UpstreamRefused(UpstreamFault):
    """The upstream answered with an error status of its own, which is passed on.

    `upstream_status` is its HTTP status; `retry_after` its `Retry-After` header as it came.
    """

    def __init__(  # noqa: PLR0913 - an error body has four fields and a refusal two more
        self,
        message: str,
        *,
        upstream_status: int,
        code: str | None = None,
        param: str | None = None,
        kind: str | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message, code=code, param=param)
        self.upstream_status = upstream_status
        self.retry_after = retry_after
        if kind:
            self.kind = kind

    kind: str = "upstream_error"

    @property
    def http_status(self) -> int:
        return self.upstream_status

    @property
    def headers(self) -> Mapping[str, str]:
        return {"retry-after": self.retry_after} if self.retry_after else {}


class UpstreamUnavailable(UpstreamFault):
    """Nothing listens there, or it hung up before its status line."""

    default_code = "upstream_unavailable"


class UpstreamCut(UpstreamFault):
    """The stream ended with neither a finish reason nor `[DONE]`."""

    default_code = "upstream_cut"


class UpstreamTimeout(UpstreamFault):
    """No byte came for longer than the timeout allows."""

    status = 504
    default_code = "upstream_timeout"


class UpstreamGarbage(UpstreamFault):
    """The upstream sent bytes that aren't a chat-completions stream."""

    default_code = "upstream_garbage"


class UpstreamUnfit(UpstreamFault):
    """The model's answer didn't have the form that was asked for, nor did the second one."""

    default_code = "answer_unfit"


class ToolFault(AntiphonError):
    """A tool that the server runs itself couldn't do its work; the request may be right."""

    status = 424
    type = "external_connector_error"


class McpFailed(ToolFault):
    """An MCP server didn't do what it was asked.

    `kind` is the error's type on the wire (`http_error`, `mcp_protocol_error`), `number` its code there: an HTTP
    status or a JSON-RPC code.
    """

    def __init__(self, message: str, *, kind: str, number: int) -> None:
        super().__init__(message, code=kind)
        self.kind = kind
        self.number = number


class ToolFailed(ToolFault):
    """What stands behind a tool of this server didn't do what it was asked; the model is told the message."""

    default_code = "tool_failed"


class SandboxFailed(ToolFault):
    """The sandbox for code can't be started, or is gone; the message has its own words."""

    default_code = "sandbox_failed"


class CassetteFault(AntiphonError):
    """Record and replay failed."""


class CassetteMiss(CassetteFault):
    """Replay found no interaction for a request; the message names the nearest one."""

    status = 404
    type = "invalid_request_error"
    default_code = "cassette_miss"


class CassetteInvalid(CassetteFault):
    """A cassette file can't be read; the message names file and line."""

    default_code = "cassette_invalid"


class StoreFault(AntiphonError):
    """The store couldn't keep or fetch a row: disk full, locked, read-only, gone."""

    status = 503
    default_code = "storage_unavailable"


class LeaseLost(AntiphonError):
    """A run was taken up by another worker: what this one writes is refused."""

    status = 503
    default_code = "lease_lost"


class PackageMissing(AntiphonError):
    """An optional package that this needs isn't installed; the message has the command that installs it."""

    status = 501
    default_code = "package_missing"


class ServerStopping(AntiphonError):
    """The server was told to stop, and this answer hadn't begun; another server may give it."""

    status = 503
    default_code = "server_stopping"

    @property
    def headers(self) -> Mapping[str, str]:
        return RETRY_SOON


class Overloaded(AntiphonError):
    """This server has as much going on as it may."""

    status = 503
    default_code = "server_overloaded"

    @property
    def headers(self) -> Mapping[str, str]:
        return RETRY_SOON


class ConfigFault(AntiphonError):
    """A setting is wrong; raised before anything is served."""

    default_code = "configuration"
