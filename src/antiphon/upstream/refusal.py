"""Reads what an upstream says about its errors, in the shapes that servers have invented for it.

Pure. Not here: which answers are tried again (`retry.py`), and our own error bodies (`wire/errors.py`).
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import msgspec

from antiphon.errors import ContextTooLong, UpstreamFault, UpstreamGarbage, UpstreamRefused
from antiphon.upstream.overflow import overflow

QUOTED = 200
WRAPPINGS = 8
"""Of lists and objects that lie round an error; servers have two or three."""
LOWEST_ERROR, HIGHEST_ERROR = 400, 599
MULTIPLE_CHOICES = 300


@dataclass(frozen=True, slots=True)
class Complaint:
    """The parts of an error, as far as the upstream gave them."""

    message: str = ""
    code: str | None = None
    param: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with a status that isn't 2xx. `body` may be only the beginning of it."""

    upstream: str
    status: int
    body: bytes
    retry_after: str | None = None
    location: str | None = None

    def fault(self) -> UpstreamFault | ContextTooLong:
        """The error to pass on: the upstream's status, code and message where it gave them."""
        if not LOWEST_ERROR <= self.status <= HIGHEST_ERROR:
            return UpstreamGarbage(self._not_an_answer())
        complaint = complaint_in(self.body)
        too_long = overflow(complaint.message, complaint.code, complaint.kind, self.status)
        return too_long or UpstreamRefused(
            complaint.message or self._in_our_words(),
            upstream_status=self.status,
            code=complaint.code,
            param=complaint.param,
            kind=complaint.kind,
            retry_after=self.retry_after,
        )

    def _in_our_words(self) -> str:
        said = plain_text(self.body)
        return f"Upstream {self.upstream!r} answered {self.status}" + (f": {said}" if said else " and didn't say why.")

    def _not_an_answer(self) -> str:
        where = f" to {self.location}" if self.location else ""
        sent = f"a redirect{where}" if MULTIPLE_CHOICES <= self.status < LOWEST_ERROR else f"status {self.status}"
        return (
            f"Upstream {self.upstream!r} answered a chat completion with {sent}. Give the address of the API itself "
            f"(--upstream {self.upstream}=URL), usually one that ends in /v1."
        )


def complaint_in(body: bytes) -> Complaint:
    """The error in a JSON body; an empty `Complaint` where there is none to be found."""
    try:
        return complaint_of(msgspec.json.decode(body))
    except (ValueError, RecursionError):
        return Complaint()


def complaint_of(value: object) -> Complaint:
    """The error in a decoded JSON value: an object, a list of them, or a text."""
    for _ in range(WRAPPINGS):
        match value:
            case str():
                return Complaint(value)
            case [{"msg": _, "loc": _}, *_]:
                return _of_fastapi(list(value))
            case [first, *_]:
                value = first
            case (
                {"error": (dict() | list()) as inner}
                | {"errors": [*_] as inner}
                | {"detail": (dict() | list()) as inner}
            ):
                value = inner
            case dict():
                return _of_object(value)
            case _:
                break
    return Complaint()


def status_of(complaint: Complaint) -> int:
    """The HTTP status for an error that came inside a stream: its code where that is one, else 502."""
    try:
        status = int(complaint.code or 0)
    except ValueError:
        return UpstreamFault.status
    return status if LOWEST_ERROR <= status <= HIGHEST_ERROR else UpstreamFault.status


def plain_text(body: bytes) -> str:
    """The first words of a body that may be HTML, on one line."""
    text = body.decode(errors="replace")
    if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
        text = title[1]
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
    return words if len(words) <= QUOTED else words[:QUOTED] + "…"


def quoted(data: bytes) -> str:
    """The first characters of `data`, to show what was sent."""
    text = data[: QUOTED * 4].decode(errors="replace")
    return text if len(text) <= QUOTED else text[:QUOTED] + "…"


def _of_object(value: dict[str, Any]) -> Complaint:
    message = next((value[name] for name in ("message", "error", "detail", "msg") if value.get(name)), "")
    return Complaint(
        message=message if isinstance(message, str) else msgspec.json.encode(message).decode(),
        code=_text(value.get("code") or value.get("error_code")),
        param=_text(value.get("param")),
        kind=_text(value.get("type")),
    )


def _of_fastapi(faults: list[Any]) -> Complaint:
    """FastAPI lists every field at fault: `{"loc": ["body", "messages", 0], "msg": "…", "type": "…"}`."""
    fields = [".".join(str(part) for part in fault.get("loc", []) if part != "body") for fault in faults]
    said = [f"{name}: {fault.get('msg')}" for name, fault in zip(fields, faults, strict=True)]
    return Complaint("; ".join(said), param=fields[0] or None, kind=_text(faults[0].get("type")))


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None
