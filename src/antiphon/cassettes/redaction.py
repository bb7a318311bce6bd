"""Takes secrets out of requests and answers before anything is compared or written.

The same redaction runs when recording and when replaying, so that a replay with another key still matches. An operator
may want more gone (`personal.py`).
Headers pass by an allowlist; bodies and URLs lose what `shapes.py` knows as a secret.
Not here: the forms of secrets, and where in a body they may stand (`documents.py`). Counterpart: `transport.py`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from antiphon.cassettes.canonical import canonical_path, request_key
from antiphon.cassettes.documents import Edit, edits
from antiphon.cassettes.interaction import Answered, Asked, Chunk
from antiphon.cassettes.shapes import Known, blank, find_secrets, may_hold_secrets
from antiphon.transport import HttpRequest

REQUEST_HEADERS = frozenset({"accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta"})
RESPONSE_HEADERS = frozenset({"content-encoding", "content-type", "retry-after", "retry-after-ms", "x-should-retry"})
"""All other headers are dropped: what isn't known to be harmless doesn't reach the file."""

_CREDENTIAL_WORDS = ("auth", "cookie", "key", "secret", "token")
_CREDIBLE_LENGTH = 16
"""Shorter values are dummies such as `ollama`; taking them out would spoil ordinary text."""


def redact_request(request: HttpRequest, secrets: Sequence[Known] = ()) -> Asked:
    """The request as it is compared and written; `secrets` are taken out beside its own and those of known form."""
    known = (*own_secrets(request), *secrets)
    url = _redact_url(_without_user(request.url), known)
    body = redact_body(request.body, known)
    path = canonical_path(redact_text(request.path, known) if request.path else url)
    return Asked(
        method=request.method.upper(),
        url=url,
        path=path,
        upstream=request.upstream,
        key=request_key(request.method, path, body),
        headers=_allowed(request.headers, REQUEST_HEADERS, known),
        body=body,
    )


def redact_answer(answer: Answered, known: Sequence[Known] = ()) -> Answered:
    """The answer without secrets, also where one is spread over chunks or events.

    The boundaries of all other chunks stay; a secret's mark stands in the chunk in which it began.
    """
    changes = edits(b"".join(chunk.data for chunk in answer.chunks), known)
    chunks = tuple(apply_edits(answer.chunks, changes)) if changes else answer.chunks
    headers = _allowed(answer.headers, RESPONSE_HEADERS, known)
    return replace(answer, headers=headers, chunks=chunks, source=redact_body(answer.source, known))


def redact_body(body: bytes, known: Sequence[Known] = ()) -> bytes:
    """A body without secrets; the same object if there were none."""
    if not may_hold_secrets(body.decode("latin-1"), known):
        return body
    changes = edits(body, known)
    return b"".join(chunk.data for chunk in apply_edits((Chunk(0, body),), changes)) if changes else body


def redact_text(text: str, known: Sequence[Known] = ()) -> str:
    """A URL or a header's value without secrets."""
    return blank(text, find_secrets(text, known))


def apply_edits(chunks: Sequence[Chunk], changes: Sequence[Edit]) -> Iterator[Chunk]:
    """The chunks with edits of their bytes made; what is put in stands where its edit begins. None is empty."""
    starts = [edit.start for edit in changes]
    stops = [edit.stop for edit in changes]
    at = 0
    for chunk in chunks:
        end = at + len(chunk.data)
        touching = changes[bisect_right(stops, at) : bisect_right(starts, end - 1)]
        if data := _changed(chunk.data, at, touching):
            yield replace(chunk, data=data)
        at = end


def own_secrets(request: HttpRequest) -> tuple[str, ...]:
    """The credentials this request was sent with: they are taken out wherever they turn up."""
    values = (
        value.split()[-1]
        for name, value in request.headers.items()
        if value.strip() and any(word in name.lower() for word in _CREDENTIAL_WORDS)
    )
    return tuple(value for value in values if _credible(value))


def _redact_url(url: str, known: Sequence[Known]) -> str:
    """A URL without secrets; what finds more looks behind its host, since a mark would make none of it."""
    url = redact_text(url, [one for one in known if isinstance(one, str)])
    found = re.match(r"[a-z]+://[^/?#]*", url)
    host = found[0] if found else ""
    return host + redact_text(url[len(host) :], [one for one in known if not isinstance(one, str)])


def _without_user(url: str) -> str:
    # A mark with brackets would make a host of it that no parser takes.
    return re.sub(r"(?<=://)[^/?#@]*@", "", url)


def _credible(value: str) -> bool:
    return len(value) >= _CREDIBLE_LENGTH and any(letter.isdigit() for letter in value)


def _allowed(headers: Mapping[str, str], names: frozenset[str], known: Sequence[Known]) -> dict[str, str]:
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in names}
    return {name: redact_text(kept[name], known) for name in sorted(kept)}


def _changed(data: bytes, at: int, touching: Sequence[Edit]) -> bytes:
    parts, last, end = [], at, at + len(data)
    for edit in touching:
        if edit.start >= at:
            parts += [data[last - at : edit.start - at], edit.data]
        last = min(edit.stop, end)
    return b"".join([*parts, data[last - at :]])
