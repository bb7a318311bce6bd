"""What a request may cost before it is understood. Counterpart: `antiphon/engine/input.py` for item counts."""

from starlette.types import Receive, Scope

from antiphon.errors import ClientFault, InvalidRequest, TooLarge, UnsupportedMedia
from antiphon.server.nesting import nested_deeper

MAX_DEPTH = 128
"""Arrays and objects inside each other. JSON schemas of real tools stay below 20."""


class ClientLeft(ClientFault):
    """The client went away in the middle of its own request; nobody reads the answer."""

    default_code = "client_left"


async def read_json_body(scope: Scope, receive: Receive, limit: int, *, required: bool = True) -> bytes:
    """The body of a JSON request, at most `limit` bytes; `{}` for none, where it isn't `required`.

    Raises `TooLarge`, `UnsupportedMedia` when it isn't declared as JSON, `InvalidRequest` when it is empty or
    nested too deeply.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    declared = headers.get(b"content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    media = headers.get(b"content-type", "")
    if required or media:
        _check_json(media)
    body = await read_body(receive, limit)
    check_nesting(body)
    if body:
        _check_json(media)
    elif required:
        raise InvalidRequest("The body is empty. Send a JSON object.", code="missing_required_parameter")
    return body or b"{}"


def check_nesting(body: bytes) -> None:
    """Raise `InvalidRequest` for JSON that is nested deeper than any sensible request."""
    if nested_deeper(body, MAX_DEPTH):
        raise InvalidRequest(f"The JSON is nested too deeply: at most {MAX_DEPTH} arrays and objects in each other.")


async def read_body(receive: Receive, limit: int) -> bytes:
    """The body of any request, at most `limit` bytes. Raises `TooLarge`, `ClientLeft`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft("The client left before its request was whole.")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _check_json(content_type: str) -> None:
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise UnsupportedMedia(
            f"The content type is '{media or 'missing'}'; send the header 'content-type: application/json'."
        )


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes, the limit of this server (--max-body).")
