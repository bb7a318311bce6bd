"""Writes interactions as an HTTP archive (HAR 1.2), for the tools that show one: a browser's, a proxy's.

Times are told from the cassette's start: when a call was made in truth isn't on the tape. Pure. Counterpart:
`importers/har.py`.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from antiphon import __version__
from antiphon.cassettes.interaction import Answered, Asked, Interaction

Json = dict[str, Any]


def archive(interactions: Iterable[Interaction], start: int) -> Json:
    """The archive, its calls one after another from `start` (Unix seconds)."""
    entries: list[Json] = []
    at = datetime.fromtimestamp(start, UTC)
    for each in interactions:
        answered = each.load()
        entries.append(_entry(each, answered, at))
        at += timedelta(milliseconds=answered.ms)
    creator = {"name": "antiphon", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def _entry(interaction: Interaction, answered: Answered, at: datetime) -> Json:
    first = answered.chunks[0].ms if answered.chunks else answered.ms
    return {
        "startedDateTime": at.isoformat(timespec="milliseconds"),
        "time": answered.ms,
        "request": _request(interaction.asked),
        "response": _response(answered),
        "cache": {},
        "timings": {"send": 0, "wait": first, "receive": max(answered.ms - first, 0)},
        "comment": f"{interaction.origin}, {interaction.end}",
    }


def _request(asked: Asked) -> Json:
    query = parse_qsl(urlsplit(asked.url).query, keep_blank_values=True)
    body: Json = {}
    if asked.body:
        body = {"mimeType": asked.headers.get("content-type", ""), **_text(asked.body)}
    return {
        "method": asked.method,
        "url": asked.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(asked.headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        **({"postData": body} if body else {}),
        "headersSize": -1,
        "bodySize": len(asked.body),
    }


def _response(answered: Answered) -> Json:
    body = b"".join(chunk.data for chunk in answered.chunks)
    content = {"size": len(body), "mimeType": answered.headers.get("content-type", ""), **_text(body)}
    return {
        "status": answered.status,
        "statusText": responses.get(answered.status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(answered.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(body),
    }


def _pairs(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}
