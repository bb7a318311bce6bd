"""Makes pictures for a run by an upstream that has the images API, and changes them.

Source: API reference, "Images" and its streaming events. Not here: what is sent (`image_form.py`). Counterpart:
`engine/kinds/image_generation.py`, the face of these calls.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from antiphon.engine.kinds.face import Outcome, arguments_in
from antiphon.engine.kinds.image_generation import PartialImage
from antiphon.errors import ToolFailed
from antiphon.tools.fetch import MIB, Limits, asking, good, json_of, pieces, refused
from antiphon.tools.image_form import Wish, picture
from antiphon.tools.settings import ImageSettings
from antiphon.tools.tool import ToolCall
from antiphon.transport import HttpAnswer, HttpRequest, Transport
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.refusal import complaint_in, complaint_of
from antiphon.upstream.retry import Retry
from antiphon.upstream.sse import Decoder
from antiphon.wire.image_generation import ImageGenerationTool

MOST_BYTES = 128 * MIB
LONGEST_EVENT = 64 * MIB
MADE = "The picture was made, and the user is shown it."
CHANGED = "The picture was changed, and the user is shown it."
NOT_UNDERSTOOD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class _Event(msgspec.Struct):
    type: str = ""
    b64_json: str | None = None
    partial_image_index: int = 0
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None
    error: Any = None


class _Image(msgspec.Struct):
    b64_json: str | None = None
    revised_prompt: str | None = None
    url: str | None = None


class _Images(msgspec.Struct):
    data: list[_Image]
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A finished picture as base64, and how it was made."""

    result: str
    how: dict[str, Any]


class ImageGeneration:
    """Implements `Tool`. `upstream` gives the model server when it is needed, or raises."""

    def __init__(
        self,
        transport: Transport,
        upstream: Callable[[], Upstream],
        settings: ImageSettings,
        retry: Retry | None = None,
    ) -> None:
        self._transport = transport
        self._upstream = upstream
        self._settings = settings
        name = f"The image server ({settings.upstream})"
        self._limits = Limits(name, settings.timeout, MOST_BYTES, retry or Retry())
        self._latest: dict[str, str] = {}

    async def call(self, call: ToolCall) -> Outcome:
        said, tool = arguments_in(call.arguments), call.about["tool"]
        prompt = said.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip():
            raise ToolFailed('The call has no prompt. Give one, such as {"prompt": "…"}.')
        wish = self._wish(prompt, said.get("edit") is True, tool, call)
        made = await self._made(wish, call)
        kind = made.how.get("output_format") or tool.output_format or "png"
        self._latest[call.run_id] = f"data:image/{kind};base64,{made.result}"
        shown = {"revised_prompt": prompt, **{name: value for name, value in made.how.items() if value}}
        action = "edit" if wish.pictures else "generate"
        return Outcome(CHANGED if wish.pictures else MADE, shown={**shown, "action": action, "result": made.result})

    async def leave(self, run_id: str) -> None:
        self._latest.pop(run_id, None)

    async def close(self) -> None:
        self._latest.clear()

    def _wish(self, prompt: str, edit: bool, tool: ImageGenerationTool, call: ToolCall) -> Wish:  # noqa: FBT001 - as the model said
        pictures: tuple[str, ...] = ()
        if tool.action == "edit" or (edit and tool.action != "generate"):
            made = self._latest.get(call.run_id)
            pictures = (made,) if made else call.about["pictures"]
            if not pictures:
                raise ToolFailed("There is no picture in this conversation that could be changed. Make a new one.")
        mask = tool.input_image_mask.image_url if tool.input_image_mask and pictures else None
        return Wish(
            prompt,
            tool,
            tuple(picture(url) for url in pictures),
            picture(mask) if mask else None,
            self._settings.model,
            self._settings.response_format,
        )

    async def _made(self, wish: Wish, call: ToolCall) -> Made:
        stream = bool(wish.tool.partial_images)
        async with asking(self._transport, self._request(wish, call.scope, stream=stream), self._limits) as answer:
            if good(answer):
                return await self._read(answer, call)
            if not stream or answer.status not in NOT_UNDERSTOOD:
                raise await self._refused(answer)
        # It may not know how to stream; then the finished picture is all there is to show.
        async with asking(self._transport, self._request(wish, call.scope, stream=False), self._limits) as answer:
            if not good(answer):
                raise await self._refused(answer)
            return await self._read(answer, call)

    def _request(self, wish: Wish, scope: str, *, stream: bool) -> HttpRequest:
        upstream = self._upstream()
        kind, body = wish.body(stream=stream)
        headers = {
            "user-agent": "antiphon",
            "content-type": kind,
            "accept": "text/event-stream" if stream else "application/json",
            **({"authorization": f"Bearer {upstream.key}"} if upstream.key else {}),
        }
        return HttpRequest("POST", upstream.base_url + wish.path, upstream.name, headers, body, scope)

    async def _refused(self, answer: HttpAnswer) -> ToolFailed:
        """The error for a status that isn't good. What it says of the request itself is passed on."""
        if answer.status not in NOT_UNDERSTOOD:
            return refused(self._limits, answer.status)
        complaint = complaint_in(b"".join([data async for data in pieces(answer, self._limits)]))
        message = complaint.message or f"It answered with status {answer.status}."
        return ToolFailed(f"{self._limits.service} refused: {message}", code=complaint.code)

    async def _read(self, answer: HttpAnswer, call: ToolCall) -> Made:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return await self._read_stream(answer, call)
        body = b"".join([data async for data in pieces(answer, self._limits)])
        try:
            images = msgspec.convert(json_of(body, self._limits), _Images)
        except msgspec.ValidationError:
            raise self._misspoken() from None
        first = images.data[0] if images.data else _Image()
        if not first.b64_json:
            hint = ' Set response-format = "b64_json" under [tools.image_generation].' if first.url else ""
            raise ToolFailed(f"{self._limits.service} sent no picture as base64.{hint}")
        return Made(first.b64_json, {**_how(images), "revised_prompt": first.revised_prompt})

    async def _read_stream(self, answer: HttpAnswer, call: ToolCall) -> Made:
        made: Made | None = None
        async for event in self._events(answer):
            if event.error is not None:
                complaint = complaint_of(event.error)
                raise ToolFailed(f"{self._limits.service} failed: {complaint.message}", code=complaint.code)
            if event.b64_json and event.type.endswith(".partial_image"):
                index = event.partial_image_index
                call.report(PartialImage(b64_json=event.b64_json, partial_image_index=index, **_how(event)))
            elif event.b64_json and event.type.endswith(".completed"):
                made = Made(event.b64_json, _how(event))
        if made is None:
            raise ToolFailed(f"{self._limits.service} ended its answer without a picture.")
        return made

    async def _events(self, answer: HttpAnswer) -> AsyncIterator[_Event]:
        decoder = Decoder(LONGEST_EVENT)
        async for data in pieces(answer, self._limits):
            for message in decoder.feed(data):
                yield self._event(message)
        for message in decoder.finish():
            yield self._event(message)

    def _event(self, message: bytes) -> _Event:
        if message in {b"", b"[DONE]"}:
            return _Event()
        try:
            return msgspec.json.decode(message, type=_Event)
        except (ValueError, RecursionError):
            raise self._misspoken() from None

    def _misspoken(self) -> ToolFailed:
        return ToolFailed(f"{self._limits.service} answered in a form that the images API doesn't have.")


def _how(told: _Event | _Images) -> dict[str, Any]:
    return {name: getattr(told, name) for name in ("background", "output_format", "quality", "size")}
