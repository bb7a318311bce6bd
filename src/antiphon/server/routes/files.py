"""`/v1/files`: keep files, list them, give them back.

Not here: rows and bytes (`store/filing.py`), forms (`server/uploading.py`). Source: API reference, "Files".
"""

from msgspec import UNSET, Struct, json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.reading import read
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.contents import content, media_type
from antiphon.server.json import json_response
from antiphon.server.paging import page_query
from antiphon.server.services import Services
from antiphon.server.uploading import Uploaded, uploaded
from antiphon.sources import Sources
from antiphon.store.files import StoredFile
from antiphon.store.pages import Page
from antiphon.wire.files import DAY, FileDeleted, FileExpiresAfter, FileObject, FilePage, Purpose

PATH = "/v1/files"
ANCHOR, SECONDS = "expires_after[anchor]", "expires_after[seconds]"
MOST_LISTED = 10_000
BATCH_DAYS = 30
"""How long a file for a batch is kept unless it is said, as the API has it."""


class CreateFile(Struct, kw_only=True):
    """The fields of a form that makes a file."""

    purpose: Purpose
    expires_after: FileExpiresAfter | None = None


class Files:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = services.files

    async def create(self, request: Request) -> Response:
        """`POST /v1/files`. It is answered once the file is on the disk."""
        async with uploaded(request, "file", self._files.blobs, self._services.config.max_file) as form:
            asked = read(json.encode(_said(form.fields)), CreateFile)
            told = f"{form.blob.hash} {form.head.filename} {asked.purpose}".encode()
            sources = self._services.sources_for(request.method, request.url.path, told)
            request.scope[REQUEST_ID] = sources.ids("req")
            file = await self._files.add(project_of(request.scope), _made(form, asked, sources))
        return json_response(file_object(file))

    async def list_all(self, request: Request) -> Response:
        """`GET` of a page of files."""
        query = page_query(request, most=MOST_LISTED, usual=MOST_LISTED)
        purpose = request.query_params.get("purpose") or None
        page = await self._files.rows.list_all(project_of(request.scope), query, purpose)
        return json_response(_page(page))

    async def retrieve(self, request: Request) -> Response:
        """`GET` of one file's facts."""
        return json_response(file_object(await self._found(request)))

    async def content(self, request: Request) -> Response:
        """`GET` of its bytes, or a range of them."""
        return content(request, self._files, await self._found(request))

    async def delete(self, request: Request) -> Response:
        """`DELETE` of a file, which takes it out of vector stores too."""
        await self._files.delete(project_of(request.scope), _id(request))
        return json_response(FileDeleted(id=_id(request)))

    async def _found(self, request: Request) -> StoredFile:
        return await self._files.rows.get(project_of(request.scope), _id(request))


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    files = Files(services)
    return [
        Route(PATH, files.create, methods=["POST"]),
        Route(PATH, files.list_all, methods=["GET"]),
        Route(PATH + "/{id}", files.retrieve, methods=["GET"]),
        Route(PATH + "/{id}", files.delete, methods=["DELETE"]),
        Route(PATH + "/{id}/content", files.content, methods=["GET"]),
    ]


def file_object(file: StoredFile) -> FileObject:
    """A file as the API shows it."""
    return FileObject(
        id=file.id,
        bytes=file.blob.bytes,
        created_at=file.created_at,
        filename=file.filename,
        purpose=file.purpose,
        expires_at=UNSET if file.expires_at is None else file.expires_at,
    )


def base_name(filename: str) -> str:
    """A file's name without the folders that a client may name. Source: RFC 7578, section 4.2."""
    return filename.replace("\\", "/").rpartition("/")[2] or "file"


def keep_seconds(purpose: str, said: FileExpiresAfter | None) -> int | None:
    """How long a file is kept; None until it is deleted."""
    if said is not None:
        return said.seconds
    return BATCH_DAYS * DAY if purpose == "batch" else None


def _made(form: Uploaded, asked: CreateFile, sources: Sources) -> StoredFile:
    filename, now = base_name(form.head.filename or ""), sources.now()
    keep = keep_seconds(asked.purpose, asked.expires_after)
    return StoredFile(
        id=sources.ids("file"),
        created_at=now,
        expires_at=None if keep is None else now + keep,
        filename=filename,
        purpose=asked.purpose,
        media_type=media_type(form.head.media_type, filename),
        blob=form.blob,
    )


def _said(fields: dict[str, str]) -> dict[str, object]:
    """The fields of a form as the JSON that they stand for."""
    said: dict[str, object] = {name: fields[name] for name in ("purpose",) if name in fields}
    seconds = fields.get(SECONDS)
    inner = {"anchor": fields.get(ANCHOR), "seconds": int(seconds) if seconds and seconds.isdecimal() else seconds}
    kept = {name: value for name, value in inner.items() if value is not None}
    return said | {"expires_after": kept} if kept else said


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _page(page: Page[StoredFile]) -> FilePage:
    ids = [file.id for file in page.items]
    return FilePage(
        data=[file_object(file) for file in page.items],
        first_id=ids[0] if ids else "",
        last_id=ids[-1] if ids else "",
        has_more=page.has_more,
    )
