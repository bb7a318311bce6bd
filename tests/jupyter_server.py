"""A counterpart of a Jupyter server: its REST interface and its WebSocket, with kernels that are this Python.

It speaks as the documentation of Jupyter Server and "Messaging in Jupyter" say, as far as a client of ours needs it. A
kernel is a real process with the variables of its own. Not here: isolation, of which a real one has as much as it is given.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

KERNEL = r"""
import ast, io, json, sys, traceback
out = sys.stdout
names = {"__name__": "__main__"}
def say(kind, **content):
    out.write(json.dumps([kind, content]) + "\n"); out.flush()
class Stream(io.TextIOBase):
    def write(self, text):
        if text: say("stream", name="stdout", text=text)
        return len(text)
sys.stdout = sys.stderr = Stream()
for line in sys.stdin:
    try:
        tree = ast.parse(json.loads(line))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
        if hasattr(value, "_repr_png_"):
            say("display_data", data={"image/png": value._repr_png_(), "text/plain": "a picture"})
        elif value is not None:
            say("execute_result", data={"text/plain": repr(value)})
    except BaseException as error:
        lines = [f"\x1b[31m{type(error).__name__}\x1b[0m: {error}"]
        say("error", ename=type(error).__name__, evalue=str(error), traceback=lines)
    say("status", execution_state="idle")
"""


class Server:
    """Its kernels, and what it was asked."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.kernels: dict[str, asyncio.subprocess.Process] = {}
        self.asked: list[str] = []
        self.status: int | None = None

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/api/kernels", self._guarded(self._start))
        app.router.add_post("/api/kernels/{id}/interrupt", self._guarded(self._interrupt))
        app.router.add_delete("/api/kernels/{id}", self._guarded(self._end))
        app.router.add_get("/api/kernels/{id}/channels", self._guarded(self._channels))
        return app

    def _guarded(self, handle: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            self.asked.append(f"{request.method} {request.path}")
            if request.headers.get("authorization") != f"token {self.token}":
                return web.Response(status=403)
            if self.status is not None:
                return web.Response(status=self.status)
            answer: web.StreamResponse = await handle(request)
            return answer

        return guarded

    async def _start(self, _: web.Request) -> web.Response:
        pipe = asyncio.subprocess.PIPE
        kernel = f"kernel-{len(self.asked)}"
        self.kernels[kernel] = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KERNEL, stdin=pipe, stdout=pipe, limit=64 * 1024 * 1024
        )
        return web.json_response({"id": kernel, "name": "python3", "execution_state": "starting"}, status=201)

    async def _interrupt(self, request: web.Request) -> web.Response:
        self.kernels[request.match_info["id"]].send_signal(signal.SIGINT)
        return web.Response(status=204)

    async def _end(self, request: web.Request) -> web.Response:
        kernel = self.kernels.pop(request.match_info["id"])
        await end(kernel)
        return web.Response(status=204)

    async def _channels(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=64 * 1024 * 1024)
        await socket.prepare(request)
        kernel = self.kernels[request.match_info["id"]]
        parent: dict[str, Any] = {}
        speaking = asyncio.create_task(self._speak(kernel, socket, parent))
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                asked = json.loads(message.data)
                parent.clear()
                parent.update(asked["header"])
                assert kernel.stdin is not None
                kernel.stdin.write(json.dumps(asked["content"]["code"]).encode() + b"\n")
        speaking.cancel()
        await asyncio.wait([speaking])
        return socket

    async def _speak(
        self, kernel: asyncio.subprocess.Process, socket: web.WebSocketResponse, parent: dict[str, Any]
    ) -> None:
        assert kernel.stdout is not None
        with contextlib.suppress(ConnectionError):
            # What another client's code prints comes here too.
            await self._send(socket, "stream", {}, {"name": "stdout", "text": "of another"})
            async for line in kernel.stdout:
                kind, content = json.loads(line)
                await self._send(socket, kind, parent, content)
            await self._send(socket, "status", {}, {"execution_state": "restarting"})

    async def _send(
        self, socket: web.WebSocketResponse, kind: str, parent: dict[str, Any], content: dict[str, Any]
    ) -> None:
        header = {"msg_id": os.urandom(4).hex(), "msg_type": kind, "session": "s", "version": "5.3"}
        await socket.send_json(
            {"header": header, "parent_header": parent, "metadata": {}, "content": content, "channel": "iopub"}
        )


async def end(kernel: asyncio.subprocess.Process) -> None:
    """End a kernel and close its pipes."""
    with contextlib.suppress(ProcessLookupError):
        kernel.kill()
    await kernel.communicate()


@asynccontextmanager
async def jupyter(token: str = "t0ken") -> AsyncIterator[tuple[Server, str]]:
    """A running server and its address."""
    server = Server(token)
    runner = web.AppRunner(server.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield server, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        for kernel in server.kernels.values():
            await end(kernel)
        await runner.cleanup()
