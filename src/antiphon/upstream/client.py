"""Carries a `CallUpstream` out: asks the model server and yields replies as its answer arrives.

Not here: what the replies lead to (`engine/run.py`), who lives where (`catalog.py`), the bytes of the body
(`chat_stream.py`). Counterpart: `runner/drive.py`, which hands the replies to the run.
"""

from collections.abc import AsyncGenerator, Mapping
from functools import partial

import msgspec

from antiphon.engine.commands import CallUpstream
from antiphon.engine.replies import Reply, UpstreamFailed, UpstreamOpened
from antiphon.errors import AntiphonError, UpstreamFault, UpstreamGarbage
from antiphon.transport import HttpAnswer, HttpRequest, Transport, coding_of
from antiphon.upstream.catalog import Catalog, Target, Upstream
from antiphon.upstream.chat_stream import BodyReader, ChunkReader, CompletionReader
from antiphon.upstream.reading import read_at_most
from antiphon.upstream.refusal import Refusal, plain_text
from antiphon.upstream.replies import Body, Replies
from antiphon.upstream.retry import Retry
from antiphon.upstream.scrubbing import ShortAnswer, without_key

USER_AGENT = "antiphon"
ERROR_BODY_LIMIT = 64 * 1024
ERROR_BODY_SECONDS = 5.0
# How long the end of a body may take after `[DONE]`. Waiting for it keeps the connection for the next call.
LINGER_SECONDS = 0.5
SUCCESS = range(200, 300)
# What a client may tell an upstream in a forwarded call. Its authorization and cookies are for us alone.
FORWARDED_HEADERS = frozenset(
    {"accept", "content-type", "http-referer", "idempotency-key", "openai-beta", "openai-organization"}
    | {"openai-project", "x-title"}
)

encode_body = msgspec.json.Encoder().encode


class UpstreamClient:
    """Asks upstreams. One object serves the whole process; under a cassette, one each scope (`HttpRequest.scope`)."""

    def __init__(self, transport: Transport, catalog: Catalog, retry: Retry | None = None, scope: str = "") -> None:
        self._transport = transport
        self._catalog = catalog
        self._retry = retry or Retry()
        self._scope = scope

    def in_scope(self, scope: str) -> "UpstreamClient":
        """The same, asking on behalf of a scope."""
        return UpstreamClient(self._transport, self._catalog, self._retry, scope)

    def ask(self, call: CallUpstream) -> AsyncGenerator[Reply, None]:
        """`UpstreamOpened`, `UpstreamChunks`…, then `UpstreamDone` or `UpstreamFailed`.

        A call that never opened yields `UpstreamFailed` alone. Faults are replies, never raised. Closing the
        generator ends the call at once: iterate it inside `contextlib.aclosing`.
        """
        return Replies(partial(self._asked, call))

    async def _asked(self, call: CallUpstream, to: Replies) -> AsyncGenerator[Reply, None]:
        try:
            request = self._request_for(call)
            answer = await self._retry.send(self._transport, request)
        except AntiphonError as fault:
            yield UpstreamFailed(fault)
            return
        try:
            if unfit := await _fault_of(answer, request, self._catalog.upstream(call.upstream).key):
                yield UpstreamFailed(unfit)
                return
            yield UpstreamOpened(_headers_of_interest(answer))
            reader = _reader_for(answer)
            to.body = Body(answer, reader)
            try:
                async for replies in to.body:
                    if to.body.ended and isinstance(replies[-1], UpstreamFailed):
                        # Whoever is told of a failure reads no further; a recording should have the end all the same.
                        await _linger(answer)
                    for place, reply in enumerate(replies, 1):
                        to.at_hand = place < len(replies)
                        yield reply
                    if to.body.ended:
                        await _linger(answer)
                        return
                for reply in reader.finish():
                    yield reply
            except UpstreamFault as fault:
                yield UpstreamFailed(fault)
        finally:
            await answer.close()

    async def forward(self, target: Target, path: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Send a client's call on as it is and return the answer as it comes; the caller closes it.

        `path` follows the base URL (`/embeddings`). The body is a JSON object; its bytes are sent unchanged unless
        its `model` differs from the target's. Raises what `Transport.send` raises.
        """
        passed_on = {name: value for name, value in headers.items() if name in FORWARDED_HEADERS}
        request = self._request(target.upstream, path, passed_on, _with_model(body, target.model))
        answer = await self._retry.send(self._transport, request)
        return answer if answer.status in SUCCESS else await _scrubbed(answer, target.upstream.key)

    def _request_for(self, call: CallUpstream) -> HttpRequest:
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        upstream = self._catalog.upstream(call.upstream)
        return self._request(upstream, "/chat/completions", headers, encode_body(call.body))

    def _request(self, upstream: Upstream, path: str, headers: Mapping[str, str], body: bytes) -> HttpRequest:
        authorization = {"authorization": f"Bearer {upstream.key}"} if upstream.key else {}
        return HttpRequest(
            method="POST",
            url=upstream.base_url + path,
            upstream=upstream.name,
            headers={"user-agent": USER_AGENT, **headers, **authorization},
            body=body,
            scope=self._scope,
        )


async def _scrubbed(answer: HttpAnswer, key: str | None) -> HttpAnswer:
    """An error without the key that it may repeat."""
    body = await read_at_most(answer, ERROR_BODY_LIMIT, ERROR_BODY_SECONDS)
    await answer.close()
    return ShortAnswer(answer.status, answer.headers, without_key(body, key))


async def _fault_of(answer: HttpAnswer, request: HttpRequest, key: str | None) -> AntiphonError | None:
    """What is wrong with this answer, as far as its head tells."""
    if answer.status not in SUCCESS:
        body = without_key(await read_at_most(answer, ERROR_BODY_LIMIT, ERROR_BODY_SECONDS), key)
        retry_after, location = answer.headers.get("retry-after"), answer.headers.get("location")
        return Refusal(request.upstream, answer.status, body, retry_after, location).fault()
    if _content_type(answer) == "text/html":
        page = without_key(await read_at_most(answer, ERROR_BODY_LIMIT, ERROR_BODY_SECONDS), key)
        return UpstreamGarbage(
            f"Upstream {request.upstream!r} answered with a web page ({plain_text(page)}). "
            "Give the address of its API, usually one that ends in /v1."
        )
    if encoding := coding_of(answer.headers):
        return UpstreamGarbage(
            f"Upstream {request.upstream!r} compressed its answer ({encoding}) though it was asked not to. "
            "Turn compression off in the server or proxy in front of it."
        )
    return None


def _reader_for(answer: HttpAnswer) -> BodyReader:
    return CompletionReader() if _content_type(answer) == "application/json" else ChunkReader()


def _content_type(answer: HttpAnswer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _headers_of_interest(answer: HttpAnswer) -> Mapping[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("antiphon-")}


async def _linger(answer: HttpAnswer) -> None:
    """Read what follows the last reply, usually nothing but the end."""
    await read_at_most(answer, ERROR_BODY_LIMIT, LINGER_SECONDS)


def _with_model(body: bytes, model: str) -> bytes:
    """The same JSON object asking for `model`. Every other value keeps its bytes."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    wanted = msgspec.json.encode(model)
    if "model" in fields and msgspec.json.decode(fields["model"]) == model:
        return body
    return msgspec.json.encode(fields | {"model": msgspec.Raw(wanted)})
