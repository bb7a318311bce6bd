"""A small server that speaks S3, in memory: objects, ranges, lists, uploads in parts. For the tests of `[s3]`.

It takes requests that are signed with its key (the name of it: signatures are the client's own business) and answers
everything else as S3 does. Path style: `http://127.0.0.1:PORT/BUCKET/KEY`. Counterpart: `store/s3_blobs.py`.
"""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET = "AKIATESTS", "s3-secret-of-the-tests"
MODIFIED = "Sat, 29 Nov 2025 12:00:00 GMT"
MODIFIED_ISO = "2025-11-29T12:00:00.000Z"
RANGE = re.compile(r"bytes=(\d+)-(\d*)")
Answer = tuple[int, bytes, dict[str, str]]


@dataclass
class S3:
    """What is in the server. `fail` is the status that every request is answered with while it is set."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    fail: int | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a program that uses it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
        }

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """What a request is answered with."""
        parts = urlsplit(target)
        key = unquote(parts.path).lstrip("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.requests.append(f"{method} {target}")
        if self.fail is not None:
            return self.fail, b"<Error><Code>Sorry</Code></Error>", {}
        if f"Credential={KEY}/" not in headers.get("authorization", ""):
            return 403, b"<Error><Code>InvalidAccessKeyId</Code></Error>", {}
        if "uploadId" in query or "uploads" in query:
            return self._upload(method, key, query, body)
        if "list-type" in query:
            return 200, self._listed(key, query), {"content-type": "application/xml"}
        return self._object(method, key, headers, body)

    def _object(self, method: str, key: str, headers: dict[str, str], body: bytes) -> Answer:
        match method:
            case "PUT":
                self.objects[key] = _content(headers, body)
                return 200, b"", {"etag": _tag(self.objects[key])}
            case "GET" | "HEAD":
                return self._read(method, key, headers)
            case "DELETE":
                self.objects.pop(key, None)
                return 204, b"", {}
            case _:
                return 405, b"", {}

    def _upload(self, method: str, key: str, query: dict[str, str], body: bytes) -> Answer:
        """An upload in parts: begun, added to, completed or aborted."""
        upload = query.get("uploadId", "")
        match method:
            case "POST" if "uploads" in query:
                upload = f"upload{next(self._numbers)}"
                self.uploads[upload] = {}
                return 200, _xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>"), {}
            case "PUT":
                self.uploads[upload][int(query["partNumber"])] = body
                return 200, b"", {"etag": _tag(body)}
            case "POST":
                parts = self.uploads.pop(upload)
                self.objects[key] = b"".join(parts[number] for number in sorted(parts))
                return 200, _xml("CompleteMultipartUploadResult", f"<ETag>{_tag(self.objects[key])}</ETag>"), {}
            case _:
                self.uploads.pop(upload, None)
                return 204, b"", {}

    def _read(self, method: str, key: str, headers: dict[str, str]) -> Answer:
        content = self.objects.get(key)
        if content is None:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", {}
        said = {"etag": _tag(content), "last-modified": MODIFIED, "accept-ranges": "bytes"}
        asked = RANGE.fullmatch(headers.get("range", ""))
        if asked and method == "GET":
            start, end = int(asked[1]), int(asked[2]) + 1 if asked[2] else len(content)
            if start >= len(content):
                return 416, b"", {}
            part = content[start:end]
            return 206, part, said | {"content-range": f"bytes {start}-{start + len(part) - 1}/{len(content)}"}
        return 200, content, said

    def _listed(self, bucket: str, query: dict[str, str]) -> bytes:
        """The objects under a prefix, two a page: a page more must be asked for."""
        prefix = f"{bucket.strip('/')}/"
        keys = [key.removeprefix(prefix) for key in sorted(self.objects) if key.startswith(prefix)]
        keys = [
            key for key in keys if key.startswith(query.get("prefix", "")) and key > query.get("continuation-token", "")
        ]
        shown, more = keys[:2], len(keys) > 2
        rows = [
            f"<Contents><Key>{escape(key)}</Key><LastModified>{MODIFIED_ISO}</LastModified>"
            f"<ETag>{_tag(self.objects[prefix + key])}</ETag><Size>{len(self.objects[prefix + key])}</Size></Contents>"
            for key in shown
        ]
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        head = f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(shown)}</KeyCount>{token}"
        return _xml("ListBucketResult", head + "".join(rows))


def _xml(name: str, inner: str) -> bytes:
    return f'<?xml version="1.0"?><{name}>{inner}</{name}>'.encode()


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _content(headers: dict[str, str], body: bytes) -> bytes:
    if headers.get("content-encoding", "").startswith("aws-chunked"):
        raise ValueError("chunked signatures aren't spoken here")
    return body


def _speaker(s3: S3) -> type[BaseHTTPRequestHandler]:
    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content, said = s3.answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in said.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                # A client that reads no further has gone.
                with suppress(ConnectionError):
                    self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _do  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at `requests`."""

    return Speaker


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server that runs inside the block."""
    s3 = S3()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _speaker(s3))
    s3.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield s3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
