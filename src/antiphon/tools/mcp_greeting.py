"""Greets an MCP server that a request meets without a session.

So it is where a cassette answered the greeting and lacks the request: the server behind it was never greeted, and would
refuse. It stands between the network and the cassette, so that the refusal isn't recorded. Not here: the sessions of
the SDK (`mcp_session.py`). Counterpart: `mcp_long_stream.py`, behind this.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec.structs import replace

from antiphon import __version__
from antiphon.errors import AntiphonError
from antiphon.tools.mcp_long_stream import SESSION_HEADER, Told, body_of, object_in
from antiphon.transport import HttpAnswer, HttpRequest, Transport

UPSTREAM = "mcp"
VERSION_HEADER = "mcp-protocol-version"
USUAL_VERSION = "2025-06-18"
REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
OPENERS = frozenset({"initialize", "server/discover"})
GREETED = {"jsonrpc": "2.0", "method": "notifications/initialized"}

Key = tuple[str, str, str]


class Greeting:
    """A `Transport` over another. One session for each server and credentials, kept until the server forgets it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._known: dict[Key, str] = {}
        self._lock = asyncio.Lock()

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send`."""
        asked = object_in(request.body) if request.upstream == UPSTREAM and request.method == "POST" else {}
        if SESSION_HEADER in request.headers or "id" not in asked or asked.get("method") in OPENERS:
            return await self._inner.send(request)
        key = (request.url, request.path, request.headers.get("authorization", ""))
        before = self._known.get(key)
        answer = await self._inner.send(_within(request, before))
        if answer.status not in REFUSALS:
            return answer
        refusal = Told(answer.status, answer.headers, await body_of(answer))
        if object_in(refusal.body).get("id") == asked["id"]:
            # An answer to this very request: the server knows whom it speaks to.
            return refusal
        session = await self._greet(request, key, before)
        return await self._inner.send(_within(request, session)) if session else refusal

    async def close(self) -> None:
        """Close the other."""
        await self._inner.close()

    async def _greet(self, request: HttpRequest, key: Key, before: str | None) -> str | None:
        """The id of a new session; None where the server has no sessions, or can't be greeted."""
        async with self._lock:
            if self._known.get(key) != before:
                # Another request greeted it meanwhile.
                return self._known.get(key)
            self._known.pop(key, None)
            try:
                answer = await self._inner.send(replace(request, body=_hello(request.headers)))
                await body_of(answer)
                session = answer.headers.get(SESSION_HEADER)
                if answer.status >= HTTPStatus.BAD_REQUEST or session is None:
                    return None
                done = await self._inner.send(_within(replace(request, body=msgspec.json.encode(GREETED)), session))
                await body_of(done)
            except AntiphonError:
                return None
            self._known[key] = session
            return session


def _within(request: HttpRequest, session: str | None) -> HttpRequest:
    return replace(request, headers={**request.headers, SESSION_HEADER: session}) if session else request


def _hello(headers: Mapping[str, str]) -> bytes:
    params: dict[str, Any] = {
        "protocolVersion": headers.get(VERSION_HEADER, USUAL_VERSION),
        "capabilities": {},
        "clientInfo": {"name": "antiphon", "version": __version__},
    }
    return msgspec.json.encode({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params})
