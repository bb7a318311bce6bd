"""A form with a file in it, as it arrives: the file goes to its blob, never whole in memory; the other fields are read.

Not here: what a form looks like (`form_reader.py`), what becomes of the file (`routes/files.py`).
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.types import Receive

from antiphon.errors import InvalidRequest, TooLarge
from antiphon.server.form_reader import FieldBegan, FieldData, FormReader, Happening
from antiphon.server.limits import ClientLeft
from antiphon.store.blob_store import Blob, BlobStore, too_large

MOST_TEXT = 64 << 10
AROUND = 1 << 20
"""Bytes that a form may have beside its file."""


@dataclass(slots=True)
class Uploaded:
    """A form that has come: its text fields, and its file."""

    fields: dict[str, str] = field(default_factory=dict)
    head: FieldBegan = field(default_factory=lambda: FieldBegan(""))
    file: Blob | None = None

    @property
    def blob(self) -> Blob:
        """The file's bytes. Raises `InvalidRequest` when the form had none."""
        if self.file is None:
            raise InvalidRequest(
                f"The form has no file. Send one as the field '{self.head.name}'.",
                code="missing_required_parameter",
                param=self.head.name,
            )
        return self.file


class Arriving:
    """The body of a request as a form, field after field."""

    def __init__(self, receive: Receive, reader: FormReader) -> None:
        self._receive = receive
        self._reader = reader
        self._waiting: deque[Happening] = deque()
        self._more = True

    async def next_field(self) -> FieldBegan | None:
        """The head of the next field; None after the last."""
        while (happening := await self._next()) is not None:
            if isinstance(happening, FieldBegan):
                return happening
        return None

    async def data(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the field that began."""
        while isinstance(happening := await self._next(), FieldData):
            yield happening.data

    async def text(self, name: str) -> str:
        """The field that began, as text."""
        held = b""
        async with aclosing(self.data()) as data:
            async for piece in data:
                held += piece
                if len(held) > MOST_TEXT:
                    raise InvalidRequest(f"The field '{name}' has more than {MOST_TEXT} bytes.", param=name)
        return held.decode(errors="replace")

    async def _next(self) -> Happening | None:
        while not self._waiting:
            if not self._more:
                self._reader.finish()
                return None
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft("The client left before its request was whole.")
            self._waiting += self._reader.feed(message.get("body", b""))
            self._more = message.get("more_body", False)
        return self._waiting.popleft()


@asynccontextmanager
async def uploaded(request: Request, name: str, blobs: BlobStore, limit: int) -> AsyncIterator[Uploaded]:
    """The form of a request, its field `name` being the file; its bytes are removed again if the block raises.

    Raises `TooLarge` for a file of more than `limit` bytes, before it comes where its size is announced;
    `UnsupportedMedia` and `InvalidRequest` for what isn't a form.
    """
    reader = FormReader(request.headers.get("content-type", ""))
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + AROUND:
        raise too_large(limit, name)
    async with AsyncExitStack() as undo:
        form, arriving = Uploaded(head=FieldBegan(name)), Arriving(request.receive, reader)
        while (head := await arriving.next_field()) is not None:
            if head.name != name:
                form.fields[head.name] = await arriving.text(head.name)
                continue
            if form.file is not None or head.filename is None:
                raise InvalidRequest(f"The form needs one file, as the field '{name}'.", param=name)
            form.head, form.file = head, await _put(arriving, name, blobs, limit)
            undo.push_async_callback(partial(blobs.delete, form.file.place))
        yield form
        undo.pop_all()


async def _put(arriving: Arriving, name: str, blobs: BlobStore, limit: int) -> Blob:
    async with aclosing(arriving.data()) as data:
        try:
            return await blobs.put(data, limit)
        except TooLarge:
            raise too_large(limit, name) from None
