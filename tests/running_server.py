"""A server started as a user starts it (`starting.py`), in a process of its own, and what a test does with it.

`with running_server("--upstream", …) as server:` starts `antiphon serve` on a free port and an SQLite file
in a fresh folder. At the end it is told to stop, and must end with status 0 and without a word on standard
error. Not here: the model server behind it (`antiphon.testing.ScriptedUpstream`).
"""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import httpx2
import openai
from judged_http import NO_TLS, Judged, JudgedAsync
from starting import Process, start

from antiphon.testing import Reply, Request, ScriptedUpstream, parse_sse, status

PATIENCE = 60.0
ADDRESS = re.compile(r"http://\S+/v1")
NOT_INHERITED = ("ANTIPHON_", "OPENAI_")

Json = dict[str, Any]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a program under test: this one without settings of ours or keys, in an empty home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    return {**kept, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), **more}


@dataclass(frozen=True)
class Answer:
    """What came back: for a stream `events`, for JSON `json`; `response` is the last state of the response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return dict(httpx2.Response(200, content=self.body).json())

    @cached_property
    def events(self) -> list[Json]:
        return parse_sse(self.body)

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def response(self) -> Json:
        if self.headers["content-type"].startswith("text/event-stream"):
            return dict(self.events[-1]["response"])
        return self.json

    @property
    def output(self) -> list[Json]:
        return list(self.response["output"])

    @property
    def text(self) -> str:
        """All text of all messages."""
        parts = [part for item in self.output if item["type"] == "message" for part in item["content"]]
        return "".join(part["text"] for part in parts if part["type"] == "output_text")

    @property
    def error(self) -> Json:
        return dict(self.json["error"])


class RunningServer:
    """A running process. `url` ends in `/v1`; `http` and the SDK's clients judge every answer."""

    def __init__(self, folder: Path, url: str, process: Process, errors: IO[str]) -> None:
        self.folder = folder
        self.errors = errors
        self.url = url
        self.process = process
        self.http = httpx2.Client(base_url=url, transport=Judged(), timeout=PATIENCE)

    @property
    def address(self) -> tuple[str, int]:
        parts = httpx2.URL(self.url)
        return parts.host, parts.port or 0

    @property
    def memory(self) -> int:
        """Bytes of memory that the process has now."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, check=True)
        return int(told.stdout) * 1024

    @cached_property
    def plain(self) -> httpx2.Client:
        """A client whose answers nobody judges."""
        return httpx2.Client(base_url=self.url, timeout=PATIENCE, verify=NO_TLS)

    @cached_property
    def client(self) -> openai.OpenAI:
        """The official client; it doesn't try again."""
        http = httpx2.Client(transport=Judged(), timeout=PATIENCE)
        return openai.OpenAI(base_url=self.url, api_key="none", max_retries=0, http_client=http)

    def async_client(self) -> openai.AsyncOpenAI:
        """The official asynchronous client, one for each event loop."""
        http = httpx2.AsyncClient(transport=JudgedAsync(), timeout=PATIENCE)
        return openai.AsyncOpenAI(base_url=self.url, api_key="none", max_retries=0, http_client=http)

    def post(self, body: object, path: str = "/responses", headers: Mapping[str, str] | None = None) -> Answer:
        """POST a JSON value, or bytes as they are."""
        said = {"content-type": "application/json", **(headers or {})}
        sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
        return _answer(self.http.post(path, headers=said, **sent))

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: str | int) -> Answer:
        return _answer(self.http.get(path, headers=headers, params=query))

    def delete(self, path: str) -> Answer:
        return _answer(self.http.delete(path))

    def close(self) -> None:
        """Let go of the connections to it."""
        self.http.close()
        for made in {"plain", "client"} & vars(self).keys():
            vars(self)[made].close()

    def complaints(self) -> str:
        """What it has said on standard error so far."""
        self.errors.seek(0)
        return self.errors.read()

    def stop(self) -> int:
        """Tell it to stop, as the system does; the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def running_server(
    *flags: str,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    complaints: str = "",
    **started: Any,
) -> Iterator[RunningServer]:
    """A server with these flags. `folder` is its working directory, home, and where its database is.

    `complaints` is a pattern that everything it says on standard error must match. `started` is for `Popen`.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = [] if {"--db", "--cassette"}.intersection(flags) else ["--db", "sqlite:///kept.db"]
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        changed = variables or {}
        words = ["serve", "--port", "0", *database, *flags]
        process = start(words, folder, environment(folder, **changed), changed, errors, **started)
        stack.callback(_ended, process)
        server = RunningServer(folder, _address(process, errors), process, errors)
        stack.callback(server.close)
        yield server
        if process.poll() is None:
            assert server.stop() == 0
        said = server.complaints()
        assert re.fullmatch(complaints, said, re.DOTALL), f"it said on standard error:\n{said}"


def run(*words: str, folder: Path, variables: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command of the program to its end, in a folder that is its home as well."""
    changed = variables or {}
    with tempfile.TemporaryFile("w+") as errors:
        process = start(words, folder, environment(folder, **changed), changed, errors)
        said, _ = process.communicate()
        errors.seek(0)
        return subprocess.CompletedProcess(words, process.wait(), said, errors.read())


def _ended(process: Process) -> None:
    process.kill()
    process.communicate()


def _address(process: Process, errors: Any) -> str:
    """The base URL that it prints in its first line."""
    line = process.stdout.readline() if process.stdout else ""
    if found := ADDRESS.search(line):
        return found[0]
    process.wait(PATIENCE)
    errors.seek(0)
    raise AssertionError(f"it didn't start: {line}{errors.read()}")


def _answer(answer: httpx2.Response) -> Answer:
    return Answer(answer.status_code, answer.headers, answer.content)


@dataclass
class Scene:
    """One test's use of a server that others use as well: what its model says next, and what it was asked."""

    server: RunningServer
    upstream: ScriptedUpstream
    script: list[Reply]
    began: int = field(init=False)

    def __post_init__(self) -> None:
        self.script.clear()
        self.began = len(self.upstream.requests)

    def play(self, *replies: Reply) -> None:
        """What the model answers, call by call."""
        self.script += replies

    @property
    def calls(self) -> list[Request]:
        """What the model server was asked in this test, lists of models aside."""
        return [request for request in self.upstream.requests[self.began :] if request.method == "POST"]

    @property
    def asked(self) -> Json:
        """The body of the only call."""
        (call,) = self.calls
        return dict(call.json)

    def answer(self, headers: Mapping[str, str] | None = None, **body: object) -> Answer:
        """POST /v1/responses to the model `scripted/m`, unless said otherwise."""
        return self.server.post({"model": "scripted/m", "input": "Hello?", **body}, headers=headers)

    def stream(self, headers: Mapping[str, str] | None = None, **body: object) -> Answer:
        """The same, streamed."""
        return self.answer(headers, stream=True, **body)


class Stage:
    """The default answer of a scripted upstream that many tests share: each scene puts its own script in."""

    def __init__(self) -> None:
        self.script: list[Reply] = []

    def __call__(self, request: Request) -> Reply:
        if self.script:
            return self.script.pop(0)
        return status(500, {"error": {"message": f"nothing is scripted for call {request.number}"}})
