"""A real HTTP server that answers as a script says: a model server for tests, exact to the byte.

It listens on a free loopback port, in a thread with an event loop of its own, so that it serves
blocking and asynchronous tests alike, and a test may stop time on its own side. It records every request
and what became of its answer; a client that goes away is noticed at once.

Not here: what is answered (`scripted_reply`), how requests are read (`http_request`).
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from http.client import responses
from types import TracebackType
from typing import Self

from antiphon.testing.http_request import End, Head, Request, read_request
from antiphon.testing.scripted_reply import CREATED, Ending, Gate, Pause, Reply, Step, status

Answer = Reply | Callable[[Request], Reply]
"""A reply, or a function that gives one for a request; it is called in the server's thread."""

PATIENCE = 10.0
"""Seconds that a test waits before it fails."""

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings")


class ScriptedUpstream:
    """An OpenAI-compatible model server that says what the script says.

    Each POST to `/v1/chat/completions`, `/v1/completions` or `/v1/embeddings` is answered with the next
    of `script`; when that is over, with `default`, or with a 500 that says so. `GET /v1/models` lists
    `models`. `paths` holds answers to other requests, such as `{"GET /api/tags": status(404)}`, and goes
    before all else. Use it with `with` or `async with`.
    """

    def __init__(
        self,
        *script: Answer,
        default: Answer | None = None,
        models: Sequence[str] = ("scripted",),
        paths: Mapping[str, Answer] | None = None,
    ) -> None:
        self.requests: list[Request] = []
        """Every request in the order of arrival."""
        self._script = list(script)
        self._default = default or status(500, _error(f"the script is over: it has {len(script)} replies"))
        self._paths = {"GET /v1/models": status(200, _models(models)), **(paths or {})}
        self._changed = threading.Condition()
        self._port: Future[int] = Future()
        self._connections = 0
        self._hang_up: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name="scripted-upstream", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port.result()

    @property
    def url(self) -> str:
        """The base URL to give to a client, ending in `/v1`."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def aborted(self) -> list[Request]:
        """The requests whose client went away before the end of the answer."""
        return [request for request in self.requests if request.aborted]

    def wait(self, condition: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
        """Block until the condition holds; it is looked at after each thing that happens here.

        Raises TimeoutError, listing the requests so far.
        """
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                seen = "\n  ".join(map(str, self.requests)) or "no requests"
                raise TimeoutError(f"not so after {seconds} s; seen:\n  {seen}")

    async def until(self, condition: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
        """The same as `wait`, for asynchronous tests."""
        await asyncio.to_thread(self.wait, condition, seconds=seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()
        self._thread.join()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _run(self) -> None:
        """The thread's whole life; in the end the runner hangs up on whoever is still there."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            try:
                runner.run(self._listen())
            except OSError as error:
                self._port.set_exception(error)

    async def _listen(self) -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        self._hang_up = lambda: loop.call_soon_threadsafe(over.set)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port.set_result(server.sockets[0].getsockname()[1])
        await over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number, prefix = self._connections, b""
        # No buffer of our own: what counts as sent was taken by the client's side.
        writer.transport.set_write_buffer_limits(high=0)
        try:
            while (head := await read_request(reader, prefix)) is not None:
                request = self._record(head, number)
                exchange = _Exchange(request, self._reply_to(request), reader, writer, self._notify)
                prefix = await exchange.run()
                if not exchange.reusable:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client hung up in the middle of a request.
        finally:
            writer.close()

    def _record(self, head: Head, connection: int) -> Request:
        with self._changed:
            number = len(self.requests) + 1
            request = Request(number, connection, head.method, head.path, head.headers, head.body)
            self.requests.append(request)
            self._changed.notify_all()
        return request

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _reply_to(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        answer = self._paths.get(f"{request.method} {path}")
        if answer is None and request.method == "POST" and path.endswith(_ENDPOINTS):
            answer = self._script.pop(0) if self._script else self._default
        if answer is None:
            answer = status(404, _error(f"nothing is scripted for {request.method} {path}"))
        return answer if isinstance(answer, Reply) else answer(request)


class _Exchange:
    """One request being answered: the steps on one side, the client's going away on the other."""

    def __init__(
        self,
        request: Request,
        reply: Reply,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        notify: Callable[[], None],
    ) -> None:
        self.reusable = False
        self._request = request
        self._reply = reply
        self._reader = reader
        self._writer = writer
        self._notify = notify
        self._chunked = False

    async def run(self) -> bytes:
        """Answer; gives back what was meanwhile read of the next request."""
        play = asyncio.ensure_future(self._play())
        watch = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({play, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not play.done() and watch.result():
                await asyncio.wait({play})  # The next request is already there.
            self._request.end = play.result() if play.done() else End.ABORTED
        except ConnectionError:
            self._request.end = End.ABORTED
        finally:
            await _ended(play)
            await _ended(watch)
        self.reusable = self._reply.framed and self._request.end is End.COMPLETE
        self._notify()
        return b"" if watch.cancelled() or watch.exception() else watch.result()

    async def _play(self) -> End:
        for step in self._reply.before_status:
            if not await self._take(step):
                return End.BROKEN_OFF
        steps = self._reply.render(self._request)
        if self._reply.framed:
            await self._write(self._head(steps))
        for step in steps:
            if not await self._take(step):
                return End.BROKEN_OFF
        if self._chunked:
            await self._write(b"0\r\n\r\n")
        return End.COMPLETE

    async def _take(self, step: Step) -> bool:
        """Do one step; False where it ended the answer."""
        match step:
            case bytes():
                await self._write(b"%x\r\n%b\r\n" % (len(step), step) if self._chunked and step else step)
                self._request.sent += len(step)
                self._notify()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Gate():
                await _opened(step)
            case Ending():
                await self._end(step)
                return False
        return True

    async def _end(self, ending: Ending) -> None:
        match ending:
            case Ending.STALL:
                await asyncio.Event().wait()
            case Ending.POLITE:
                await self._write(b"0\r\n\r\n" if self._chunked else b"")
            case Ending.RESET:
                linger = struct.pack("ii", 1, 0)
                self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self._writer.transport.abort()
            case Ending.CUT:
                self._writer.close()

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _head(self, steps: Sequence[Step]) -> bytes:
        reply = self._reply
        kind = "text/event-stream" if reply.streams(self._request) else "application/json"
        headers = {"content-type": kind, **(reply.headers or {})}
        whole = all(isinstance(step, bytes) for step in steps) and kind != "text/event-stream" and len(steps) <= 1
        if whole:
            headers["content-length"] = str(sum(len(step) for step in steps if isinstance(step, bytes)))
        else:
            headers["transfer-encoding"] = "chunked"
        self._chunked = not whole
        lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Scripted')}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


async def _opened(gate: Gate) -> None:
    loop, opened = asyncio.get_running_loop(), asyncio.Event()

    def go_on() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(opened.set)

    gate.on_open(go_on)
    await opened.wait()


async def _ended(task: "asyncio.Future[End] | asyncio.Future[bytes]") -> None:
    """End a task. Whoever is ended meanwhile ends as well: that isn't taken for the task's own end."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, ConnectionError):
        raise error


def _models(names: Sequence[str]) -> dict[str, object]:
    entries = [{"id": name, "object": "model", "created": CREATED, "owned_by": "script"} for name in names]
    return {"object": "list", "data": entries}


def _error(message: str) -> dict[str, object]:
    return {"error": {"message": message, "type": "server_error", "param": None, "code": None}}
