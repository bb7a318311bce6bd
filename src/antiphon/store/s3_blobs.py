"""Blobs on a store that speaks S3, by obstore: `<prefix>/<home>/<number>` in a bucket.

The library has connections of its own: what goes this way isn't on a cassette, and goes through no guard, since the
address is the operator's. Credentials come from the environment alone and stand in no message. Not here: whose a blob
is (`files.py`). Counterpart: `local_blobs.py`.
"""

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from antiphon.errors import ConfigFault, StoreFault
from antiphon.sources import chance
from antiphon.store.blob_store import PIECE, Blob, Found, lost, pieces, too_large

SCHEME = "s3://"
VARIABLES = "AWS_"
PART = 8 << 20
"""Bytes of a part: what is smaller goes in one request. Of a larger file two parts are held at a time."""
PARTS_AT_A_TIME = 2
AT_A_TIME = 500
RETRY = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
PLACE = re.compile(r"[0-9a-z]+/[0-9a-f]+")
REFUSED = re.compile(r"\b40[13] (?:Unauthorized|Forbidden)")
"""The library has errors of its own for these, and doesn't raise them for every call."""


class S3Blobs:
    """A `BlobStore` in the bucket of `url` (`s3://BUCKET/PREFIX`).

    `variables` are the environment's: those that begin with `AWS_` say who asks, where and in which region. Raises
    `ConfigFault` where they are of no use, or the library isn't installed.
    """

    def __init__(
        self, url: str, home: str, variables: Mapping[str, str], retry: Mapping[str, Any] | None = None
    ) -> None:
        self._url = url
        self._home = home
        self._library = _library()
        self._bucket = _opened(url, variables, retry or RETRY)

    def __str__(self) -> str:
        return self._url

    async def put(self, content: AsyncIterator[bytes], limit: int) -> Blob:
        arriving = _Arriving(content, limit)
        place = f"{self._home}/{chance(16).hex()}"
        parts = pieces(arriving.data(), PART)
        with self._faults():
            first = await anext(parts, b"")
            if len(first) < PART:
                await self._library.put_async(self._bucket, place, first)
            else:
                whole = _with_first(first, parts)
                size = {"chunk_size": PART, "max_concurrency": PARTS_AT_A_TIME}
                await self._library.put_async(self._bucket, place, whole, **size)
        return Blob(arriving.digest.hexdigest(), place, arriving.bytes)

    async def open(self, place: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        if end is not None and end <= start:
            return
        options = {} if (start, end) == (0, None) else {"range": {"offset": start} if end is None else (start, end)}
        if not PLACE.fullmatch(place):
            raise lost(place, self._url)
        with self._faults(lost(place, self._url)):
            got = await self._library.get_async(self._bucket, place, options=options)
            async for data in got.stream(min_chunk_size=PIECE):
                yield bytes(data)

    async def delete(self, place: str) -> None:
        if PLACE.fullmatch(place):
            with self._faults(), suppress(FileNotFoundError):
                await self._library.delete_async(self._bucket, place)

    async def places(self) -> AsyncIterator[Collection[Found]]:
        with self._faults():
            async for batch in self._library.list(self._bucket, self._home, chunk_size=AT_A_TIME):
                yield [Found(str(one["path"]), one["last_modified"].timestamp()) for one in batch]

    async def close(self) -> None:
        return

    @contextmanager
    def _faults(self, missing: StoreFault | None = None) -> Iterator[None]:
        """An error of the library as `StoreFault`; its own words may name a key, and are left out.

        What isn't there is `missing`, which without one is the bucket itself.
        """
        try:
            yield
        except FileNotFoundError:
            raise missing or self._fault("there is no such bucket") from None
        except self._library.exceptions.BaseError as error:
            if REFUSED.search(str(error)):
                raise self._fault("the credentials in the environment are refused") from None
            raise self._fault(f"it can't be reached, or doesn't do what it is asked ({type(error).__name__})") from None
        except OSError as error:
            raise self._fault(f"it can't be reached ({type(error).__name__})") from None

    def _fault(self, why: str) -> StoreFault:
        return StoreFault(f"The bucket of files, {self._url}, can't be used: {why}.")


class _Arriving:
    """A stream on its way: counted, hashed, and ended at the limit."""

    def __init__(self, content: AsyncIterator[bytes], limit: int) -> None:
        self.bytes = 0
        self.digest = hashlib.sha256()
        self._content = content
        self._limit = limit

    async def data(self) -> AsyncIterator[bytes]:
        async for data in self._content:
            self.bytes += len(data)
            if self.bytes > self._limit:
                raise too_large(self._limit)
            self.digest.update(data)
            yield data


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for data in rest:
        yield data


def _library() -> Any:  # noqa: ANN401 - a module that few have installed
    try:
        import_module("obstore.exceptions")
        return import_module("obstore")
    except ModuleNotFoundError as error:
        raise ConfigFault(
            "Files on S3 need the package obstore, which isn't installed: pip install 'antiphon[s3]'."
        ) from error


def _opened(url: str, variables: Mapping[str, str], retry: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the library's own
    bucket, prefix = urlsplit(url).netloc, urlsplit(url).path.strip("/")
    if not url.startswith(SCHEME) or not bucket:
        raise ConfigFault(f"--files {url!r} isn't s3://BUCKET or s3://BUCKET/PREFIX.")
    said = {name.lower(): value for name, value in variables.items() if name.startswith(VARIABLES) and value}
    plain = said.get("aws_endpoint_url_s3", said.get("aws_endpoint_url", "")).startswith("http://")
    # One object at a time is deleted; not every server knows the request for many.
    config = {**_known(said), "disable_bulk_delete": "true"}
    try:
        return import_module("obstore.store").S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"allow_http": plain},
            retry_config=dict(retry),
        )
    except import_module("obstore.exceptions").BaseError as error:
        raise ConfigFault(f"The variables AWS_… aren't right for --files {url} ({type(error).__name__}).") from None


def _known(said: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that the library knows; the environment may hold others of other programs."""
    return {name: value for name, value in said.items() if name in KNOWN}


KNOWN = frozenset(
    {
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_region", "aws_default_region",
        "aws_endpoint_url", "aws_endpoint_url_s3", "aws_container_credentials_relative_uri",
        "aws_container_credentials_full_uri", "aws_container_authorization_token_file", "aws_web_identity_token_file",
        "aws_role_arn", "aws_role_session_name", "aws_endpoint_url_sts", "aws_virtual_hosted_style_request",
        "aws_unsigned_payload", "aws_server_side_encryption", "aws_sse_kms_key_id",
    }
)  # fmt: skip
"""What of the environment is read: who asks, where, and how it is encrypted there."""
