"""`/v1/uploads`: files that come in parts.

Not here: rows and bytes (`store/filing.py`), forms (`server/uploading.py`). Source: API reference, "Uploads".
"""

from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.contents import media_type
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.routes.files import base_name, file_object, keep_seconds
from antiphon.server.services import Services
from antiphon.server.uploading import uploaded
from antiphon.sources import Sources
from antiphon.store.faults import not_pending
from antiphon.store.files import StoredFile, StoredPart, StoredUpload
from antiphon.wire.files import HOUR, CompleteUpload, CreateUpload, Upload, UploadPart

PATH = "/v1/uploads"
MAX_UPLOAD, MAX_PART = 8 << 30, 64 << 20
"""The most bytes of an upload and of one of its parts, as the API has them."""


class Uploads:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = services.files

    async def create(self, request: Request) -> Response:
        """`POST /v1/uploads`."""
        body, sources = await self._body(request)
        asked = read(body, CreateUpload)
        if asked.bytes > MAX_UPLOAD:
            raise InvalidRequest(f"'bytes' may be {MAX_UPLOAD} at the most.", param="bytes")
        filename, now = base_name(asked.filename), sources.now()
        upload = StoredUpload(
            id=sources.ids("upload"),
            created_at=now,
            expires_at=now + HOUR,
            filename=filename,
            purpose=asked.purpose,
            media_type=media_type(asked.mime_type, filename),
            bytes=asked.bytes,
            keep_seconds=keep_seconds(asked.purpose, asked.expires_after),
        )
        await self._files.rows.create_upload(project_of(request.scope), upload)
        return json_response(upload_object(upload))

    async def add_part(self, request: Request) -> Response:
        """`POST` of a part, the field `data` of a form."""
        project, upload_id = project_of(request.scope), _id(request)
        await self._pending(request)
        async with uploaded(request, "data", self._files.blobs, MAX_PART) as form:
            sources = self._sources(request, form.blob.hash.encode())
            part = StoredPart(id=sources.ids("part"), created_at=sources.now(), blob=form.blob)
            await self._files.add_part(project, upload_id, part)
        return json_response(UploadPart(id=part.id, created_at=part.created_at, upload_id=upload_id))

    async def complete(self, request: Request) -> Response:
        """`POST`: a file of the parts, in the order that is said."""
        project = project_of(request.scope)
        body, sources = await self._body(request)
        asked = read(body, CompleteUpload)
        upload = await self._pending(request)
        blob = await self._files.join(project, upload, asked.part_ids, asked.md5)
        now, keep = sources.now(), upload.keep_seconds
        file = StoredFile(
            id=sources.ids("file"),
            created_at=now,
            expires_at=None if keep is None else now + keep,
            filename=upload.filename,
            purpose=upload.purpose,
            media_type=upload.media_type,
            blob=blob,
        )
        kept = await self._files.complete(project, upload.id, file)
        return json_response(upload_object(structs.replace(upload, status="completed"), kept))

    async def cancel(self, request: Request) -> Response:
        """`POST`: no file comes of it, and its parts are removed."""
        return json_response(upload_object(await self._files.cancel(project_of(request.scope), _id(request))))

    async def _pending(self, request: Request) -> StoredUpload:
        """The upload, before bytes are taken for it."""
        upload = await self._files.rows.get_upload(project_of(request.scope), _id(request))
        if upload.status != "pending":
            raise not_pending(upload.id, upload.status)
        return upload

    async def _body(self, request: Request) -> tuple[bytes, Sources]:
        body = await read_json_body(request.scope, request.receive, self._services.config.max_body)
        return body, self._sources(request, body)

    def _sources(self, request: Request, told: bytes) -> Sources:
        sources = self._services.sources_for(request.method, request.url.path, told)
        request.scope[REQUEST_ID] = sources.ids("req")
        return sources


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    uploads = Uploads(services)
    one = PATH + "/{id}"
    return [
        Route(PATH, uploads.create, methods=["POST"]),
        Route(one + "/parts", uploads.add_part, methods=["POST"]),
        Route(one + "/complete", uploads.complete, methods=["POST"]),
        Route(one + "/cancel", uploads.cancel, methods=["POST"]),
    ]


def upload_object(upload: StoredUpload, file: StoredFile | None = None) -> Upload:
    """An upload as the API shows it."""
    return Upload(
        id=upload.id,
        bytes=upload.bytes,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
        filename=upload.filename,
        purpose=upload.purpose,
        status=upload.status,
        file=file_object(file) if file else None,
    )


def _id(request: Request) -> str:
    return str(request.path_params["id"])
