"""A sandbox that is a kernel of a Jupyter server somewhere else, spoken to over REST and a WebSocket.

What keeps the code in is that server's affair: its kernels share its files and its network, unless it runs them apart.
Not here: the messages (`jupyter_messages.py`). Sources: the REST API of Jupyter Server,
"WebSocket protocols" of its documentation.
"""

import asyncio
import base64
import itertools
import os
from binascii import Error as NotBase64
from contextlib import suppress
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from antiphon.errors import AntiphonError, NotFound, SandboxFailed
from antiphon.tools.code.jupyter_messages import Output, execute, read_message
from antiphon.tools.code.protocol import LINE_BYTES, PIECE_BYTES, Ran, WorkFile
from antiphon.tools.code.settings import CodeSettings
from antiphon.transport import HttpRequest, Transport

START = 60.0
"""Seconds that a kernel may take to begin, and for anything but code."""
GRACE = 3.0
"""Seconds in which an interrupted kernel must be idle again."""
LAST_WORDS = 1.0
"""Seconds in which output may come after the kernel's own reply: a server that limits its rate drops the last word."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds between tries to end a kernel: one that died can't be ended while its server starts it again."""
UPSTREAM = "jupyter"

BEGIN = """
import os as _os, tempfile as _tempfile, json as _json, base64 as _base64
_os.chdir(_tempfile.mkdtemp())
_os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
def _work_files(home=_os.getcwd(), os=_os, json=_json):
    found = []
    for folder, folders, names in os.walk(home):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path) and len(found) < 256:
                said = os.stat(path)
                found.append({"path": os.path.relpath(path, home), "bytes": said.st_size, "changed": said.st_mtime_ns})
    print(json.dumps(found))
def _work_read(path, offset, size, home=_os.getcwd(), os=_os, base64=_base64):
    with open(os.path.join(home, path), "rb") as file:
        file.seek(offset)
        print(base64.b64encode(file.read(size)).decode())
def _work_write(path, offset, data, home=_os.getcwd(), os=_os, base64=_base64):
    path = os.path.join(home, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "ab" if offset else "wb") as file:
        file.write(base64.b64decode(data))
def _work_remove(path, home=_os.getcwd(), os=_os):
    os.remove(os.path.join(home, path))
"""


class JupyterSandbox:
    """One kernel. Use `start`."""

    def __init__(self, server: "JupyterServer", kernel: str, socket: ClientConnection, limit: int) -> None:
        self._server = server
        self._kernel = kernel
        self._socket = socket
        self._limit = limit
        self._numbers = itertools.count(1)
        self._session = os.urandom(8).hex()
        self._lost: str | None = None
        self._closed = False

    @classmethod
    async def start(
        cls, transport: Transport, settings: CodeSettings, token: str, container_id: str, memory: int
    ) -> "JupyterSandbox":
        """Start a kernel. Raises `SandboxFailed`. How much memory it may use is set where the server is."""
        del container_id, memory
        server = JupyterServer(transport, settings.url or "", token)
        kernel = await server.new_kernel()
        try:
            sandbox = cls(server, kernel, await server.channels(kernel), settings.output_bytes)
        except BaseException:
            await server.end_kernel(kernel)
            raise
        try:
            await sandbox._do(BEGIN)
        except BaseException:
            await sandbox.close()
            raise
        return sandbox

    @property
    def alive(self) -> bool:
        return self._lost is None

    async def run(self, code: str, seconds: int) -> Ran:
        output = await self._execute(code, seconds, self._limit)
        if output is None:
            return Ran(lost=self._lost)
        ran = msgspec.structs.replace(output.ran(), files=await self.files() if self.alive else [])
        return msgspec.structs.replace(ran, lost=self._lost)

    async def files(self) -> list[WorkFile]:
        try:
            return msgspec.json.decode(await self._do("_work_files()"), type=list[WorkFile])
        except msgspec.MsgspecError as error:
            raise SandboxFailed("The kernel answered with something else than it was asked for.") from error

    async def read(self, path: str) -> bytes:
        parts: list[bytes] = []
        while not parts or len(parts[-1]) == PIECE_BYTES:
            said = await self._do(f"_work_read({path!r}, {PIECE_BYTES * len(parts)}, {PIECE_BYTES})", 2 * PIECE_BYTES)
            try:
                parts.append(base64.b64decode(said))
            except NotBase64 as error:
                raise SandboxFailed("The kernel sent a file that can't be read.") from error
        return b"".join(parts)

    async def write(self, path: str, data: bytes) -> None:
        for offset in range(0, max(len(data), 1), PIECE_BYTES):
            piece = base64.b64encode(data[offset : offset + PIECE_BYTES]).decode()
            await self._do(f"_work_write({path!r}, {offset}, {piece!r})")

    async def remove(self, path: str) -> None:
        await self._do(f"_work_remove({path!r})")

    async def close(self) -> None:
        self._lost = self._lost or "it was closed"
        if self._closed:
            return
        self._closed = True
        # A kernel that died leaves a connection on which nobody says goodbye.
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._socket.close()
        for pause in PAUSES:
            with suppress(SandboxFailed):
                await self._server.end_kernel(self._kernel)
                return
            await asyncio.sleep(pause)

    async def _do(self, code: str, limit: int = LINE_BYTES) -> str:
        """Run code of ours; what it printed. Raises `NotFound` where it found no file, `SandboxFailed` otherwise."""
        output = await self._execute(code, START, limit)
        if output is None or self._lost is not None:
            raise SandboxFailed(f"The container was ended: {self._lost}.")
        error = output.ran().error
        if error is None:
            return output.text()
        if "FileNotFoundError" in error:
            raise NotFound("There is no such file in this container.")
        raise SandboxFailed(f"The kernel couldn't do what it was asked: {error[-300:]}")

    async def _execute(self, code: str, seconds: float, limit: int) -> Output | None:
        """What the code came to; None when the kernel was lost at once, and `_lost` says why."""
        if self._lost is not None:
            return None
        output = Output(f"{next(self._numbers)}-{os.urandom(8).hex()}", limit)
        try:
            await self._socket.send(execute(output.number, self._session, code))
            if not await self._hear(output, seconds) and not output.died:
                await self._server.interrupt(self._kernel)
                if not await self._hear(output, GRACE, to_the_end=True):
                    self._lost = "it ran too long, or printed too much, and couldn't be interrupted"
            if output.died:
                self._lost = "its interpreter ended"
        except (WebSocketException, OSError):
            self._lost = "the connection to its kernel broke"
        except AntiphonError as error:
            self._lost = error.message
        except BaseException:
            # Whoever asked has left; what runs on would be in the way of the next call.
            self._lost = "its call was cancelled"
            raise
        return output

    async def _hear(self, output: Output, seconds: float, *, to_the_end: bool = False) -> bool:
        """Take messages until the code is done: whether it is, in time and without flooding us."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (output.done or output.died) and (to_the_end or not output.floods):
                    await self._next(output)
        return output.done

    async def _next(self, output: Output) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS if output.replied else None):
                message = read_message(await self._socket.recv())
        except TimeoutError:
            if not output.replied:
                raise
            output.done = True
            return
        if message is not None:
            output.take(message)


class JupyterServer:
    """The REST interface of a server, as far as it is needed; `url` is its base, `token` may be empty."""

    def __init__(self, transport: Transport, url: str, token: str) -> None:
        self._transport = transport
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"token {token}"} if token else {}

    async def new_kernel(self) -> str:
        """Start a Python kernel; its id. Raises `SandboxFailed`."""
        body = await self._ask("POST", "/api/kernels", b"{}")
        try:
            return msgspec.json.decode(body, type=_Kernel).id
        except msgspec.MsgspecError as error:
            raise SandboxFailed("The Jupyter server answers as none does. Check its url.") from error

    async def interrupt(self, kernel: str) -> None:
        """Interrupt what a kernel runs. Raises `SandboxFailed`."""
        await self._ask("POST", f"/api/kernels/{quote(kernel)}/interrupt")

    async def end_kernel(self, kernel: str) -> None:
        """End a kernel. Raises `SandboxFailed`."""
        await self._ask("DELETE", f"/api/kernels/{quote(kernel)}")

    async def channels(self, kernel: str) -> ClientConnection:
        """The connection to a kernel. Raises `SandboxFailed`."""
        parts = urlsplit(f"{self._url}/api/kernels/{quote(kernel)}/channels")
        address = urlunsplit(parts._replace(scheme="wss" if parts.scheme == "https" else "ws"))
        try:
            return await connect(
                address,
                additional_headers=self._headers,
                open_timeout=START,
                close_timeout=1,
                max_size=LINE_BYTES,
                proxy=None,
            )
        except (WebSocketException, OSError, TimeoutError) as error:
            raise SandboxFailed("The Jupyter server doesn't connect to its kernel.") from error

    async def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        headers = {**self._headers, "content-type": "application/json"}
        try:
            async with asyncio.timeout(START):
                answer = await self._transport.send(HttpRequest(method, self._url + path, UPSTREAM, headers, body))
                try:
                    given = b"".join([data async for data in answer.chunks()])
                finally:
                    await answer.close()
        except (AntiphonError, TimeoutError) as error:
            raise SandboxFailed("The Jupyter server can't be reached.") from error
        if answer.status >= 400:  # noqa: PLR2004 - HTTP's faults begin here
            raise SandboxFailed(f"The Jupyter server answered with status {answer.status}. Check its url and token.")
        return given


class _Kernel(msgspec.Struct):
    id: str
