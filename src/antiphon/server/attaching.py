"""The files and pictures that a request names, as its model can be told of them.

A picture becomes a data URL. A file becomes text, or stays one where the model's server reads it by itself. What the
request itself names must be there; of what came before it, what is gone by now is said to be gone. Not here: which
parts they are (`engine/attached.py`), text out of documents (`document_texts.py`). Counterpart: `creating.py`.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from antiphon.engine.attached import Wanted, wanted
from antiphon.engine.dialects import Dialect
from antiphon.engine.file_text import PDF, decoded
from antiphon.engine.input import Item
from antiphon.engine.notes import Notes
from antiphon.engine.tool_files import ToolFile, named_files
from antiphon.errors import AddressRefused, ClientFault, FetchFailed, InvalidRequest, NotFound, UnreadableFile
from antiphon.network.outward import Bounds, Outward
from antiphon.server.document_texts import DocumentTexts
from antiphon.store.files import StoredFile
from antiphon.store.filing import Filing
from antiphon.wire.content import InputFile, InputImage

UPSTREAM = "files"
"""What the addresses of files are called on a cassette."""
MOST_BYTES = 50 << 20
"""Of all files that one request names, as the API has it."""
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
"""The pictures that the API takes, by their first bytes; WebP has them in two places."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, and what it is called."""

    data: bytes
    name: str


@dataclass(slots=True)
class Attaching:
    """Has contents of files for the requests of a server, or of one scope of it."""

    files: Filing
    outward: Outward
    texts: DocumentTexts
    scope: str = ""

    async def attached(
        self, project: str, own: Iterable[Item], before: Sequence[Item], dialect: Dialect, notes: Notes
    ) -> dict[bytes, bytes]:
        """What stands for each part that names a file: of the request's `own` items, and of those `before`.

        Raises `NotFound`, `InvalidRequest`, `FetchFailed`, `AddressRefused` and `UnreadableFile` for `own`, naming
        the part; what is wrong with a file of `before` is noted, and told to the model.
        """
        found: dict[bytes, bytes] = {}
        left = MOST_BYTES
        for part in [one for one in wanted(own) if one.raw not in found]:
            with naming(part.at, ".file_id", ".file_url"):
                content = await self._content(project, part, left)
                found[part.raw] = await self._shown(part, content, dialect)
            left -= len(content.data)
        for part in [one for one in wanted(before) if one.raw not in found]:
            try:
                content = await self._content(project, part, left)
                found[part.raw] = await self._shown(part, content, dialect)
                left -= len(content.data)
            except ClientFault as fault:
                notes.ignored.append(part.at)
                found[part.raw] = _encoded({"type": "input_text", "text": f"[A file is missing here. {fault.message}]"})
        return found

    async def of_tools(self, project: str, tools: Sequence[Any]) -> dict[str, ToolFile]:
        """The files that tools name, by their ids. Raises `NotFound`, `InvalidRequest` naming the place."""
        found: dict[str, ToolFile] = {}
        for named in named_files(tools):
            with naming(named.at):
                file = await self.files.rows.get(project, named.file_id)
                known = found.get(named.file_id, ToolFile(file.filename))
                picture = await self._picture(file) if named.picture else known.picture
            found[named.file_id] = replace(known, picture=picture)
        return found

    async def _picture(self, file: StoredFile) -> str:
        _check_size(file.blob.bytes, MOST_BYTES)
        data = await self.files.whole(file)
        media = picture_type(data)
        if media is None:
            raise no_picture(file.filename)
        return _data_url(media, data)

    async def _content(self, project: str, part: Wanted, most: int) -> Content:
        """The bytes that a part names or brings."""
        match part.part:
            case InputImage(file_id=str(file_id)) | InputFile(file_id=str(file_id)) if file_id:
                file = await self.files.rows.get(project, file_id)
                _check_size(file.blob.bytes, most)
                return Content(await self.files.whole(file), file.filename)
            case InputFile(file_url=str(url), filename=name) if url:
                bounds = Bounds(most_bytes=max(min(Bounds().most_bytes, most), 1))
                fetched = await self.outward.fetch(url, UPSTREAM, scope=self.scope, bounds=bounds)
                return Content(fetched.body, name or _name_in(fetched.url))
            case InputFile(file_data=data, filename=name):
                content = decoded(data or "")
                _check_size(len(content), most)
                return Content(content, name or "file")
            case _:
                raise TypeError("a part that names no file is wanted")

    async def _shown(self, part: Wanted, content: Content, dialect: Dialect) -> bytes:
        """The part with its content in it."""
        picture = picture_type(content.data)
        if picture:
            detail = part.part.detail if isinstance(part.part, InputImage) else None
            said = {"type": "input_image", "image_url": _data_url(picture, content.data), "detail": detail}
        elif isinstance(part.part, InputImage):
            raise no_picture(content.name)
        elif dialect.takes_files and content.data.startswith(PDF):
            url = _data_url("application/pdf", content.data)
            said = {"type": "input_file", "filename": content.name, "file_data": url}
        else:
            said = {
                "type": "input_text",
                "text": f"{content.name}:\n{await self.texts.text(content.name, content.data)}",
            }
        return _encoded(said)


@contextmanager
def naming(at: str, by_id: str = "", by_url: str = "") -> Iterator[None]:
    """Say of a fault which part of the request it is about: the one at `at`, or that member of it."""
    try:
        yield
    except NotFound as fault:
        raise NotFound(fault.message, code=fault.code, param=at + by_id) from None
    except (AddressRefused, FetchFailed) as fault:
        raise type(fault)(fault.message, code=fault.code, param=at + by_url) from None
    except (InvalidRequest, UnreadableFile) as fault:
        raise type(fault)(fault.message, code=fault.code, param=at) from None


def no_picture(name: str) -> InvalidRequest:
    """A file is to be shown to a model, and can't be."""
    return InvalidRequest(
        f"The file '{name}' isn't a picture that models take: PNG, JPEG, GIF or WebP.", code="unsupported_file"
    )


def picture_type(data: bytes) -> str | None:
    """The media type of a picture that models take, by its first bytes."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((media for start, media in PICTURES.items() if data.startswith(start)), None)


def _data_url(media: str, data: bytes) -> str:
    return f"data:{media};base64,{base64.b64encode(data).decode()}"


def _encoded(part: dict[str, Any]) -> bytes:
    return msgspec.json.encode({name: value for name, value in part.items() if value is not None})


def _name_in(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name) or "file"


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise InvalidRequest(f"The files of a request may have {MOST_BYTES >> 20} MiB together.", code="file_too_large")
