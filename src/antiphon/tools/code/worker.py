"""The program inside a sandbox: runs Python for one container and keeps its variables from call to call.

Started as `python -I -c <this file> <settings as JSON>`, so it needs nothing but Python 3.9 and its standard library,
and imports nothing of ours. A JSON object a line comes in by standard input and one a line goes out by standard
output; the code itself sees neither. What it says is never trusted: whoever runs here can say anything.

Not here: what keeps the code in (`jails.py`), how long it may take in the end (`process.py`).
Counterpart: `protocol.py`, which has the shapes of the lines.
"""

from __future__ import annotations  # the interpreter inside may be older than ours

import ast
import base64
import contextlib
import io
import json
import linecache
import os
import queue
import resource
import select
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

Reply = dict[str, Any]

FLOOD = 64
"""How many times the kept length may be printed before whoever prints is cut off."""
NAMED = 256
"""Files that are listed."""
STACK = 256 * 1024
"""Bytes of stack for a thread of ours: there must be room for it when the code has used up its memory."""


class Printed:
    """What the code and its children print: the beginning and the end of it, and how much there was."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.total = 0
        self._head = b""
        self._tail = b""
        self._out, into = os.pipe()
        self._over, self._end = os.pipe()
        os.dup2(into, 1)
        os.dup2(into, 2)
        os.close(into)
        # New ones each time: the code may have closed them.
        sys.stdout, sys.stderr = text_to(1), text_to(2)
        self._thread = threading.Thread(target=self._read, daemon=True)
        size = threading.stack_size(STACK)
        self._thread.start()
        threading.stack_size(size)

    def finish(self) -> str:
        """End the capture and return the text, with a line where something is missing."""
        self._flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        # What couldn't be written goes nowhere now, and not into the next call's output.
        self._flush()
        os.close(self._end)
        self._thread.join()
        os.close(self._over)
        return cut(self._head, self._tail, self.total)

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()

    def _read(self) -> None:
        """Until all writers are gone, until nothing is left after the end, or until it is far too much."""
        over = False
        while self.total < FLOOD * self.limit:
            ready, _, _ = select.select([self._out] if over else [self._out, self._over], [], [], 0 if over else None)
            over = over or self._over in ready
            if self._out in ready:
                data = os.read(self._out, 65536)
                if not data:
                    break
                self._take(data)
            elif over:
                break
        # Whoever still writes is told by a broken pipe.
        os.close(self._out)

    def _take(self, data: bytes) -> None:
        self.total += len(data)
        half = self.limit // 2
        room = half - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-half:] if room < len(data) else self._tail


def text_to(number: int) -> TextIO:
    """A stream of text to a file descriptor, which stays open when the stream is closed."""
    return cast("TextIO", os.fdopen(number, "w", 1, "utf-8", "replace", closefd=False))


def cut(head: bytes, tail: bytes, total: int) -> str:
    """The text of which `head` and `tail` were kept, saying how much is missing."""
    missing = total - len(head) - len(tail)
    if missing <= 0:
        return (head + tail).decode("utf-8", "replace")
    middle = f"\n[... {missing} bytes left out ...]\n"
    return head.decode("utf-8", "replace") + middle + tail.decode("utf-8", "replace")


def shortened(text: str, limit: int) -> str:
    """The text, or its two ends."""
    data = text.encode("utf-8", "replace")
    half = limit // 2
    return text if len(data) <= limit else cut(data[:half], data[-half:], len(data))


def reap() -> None:
    """Let go of the processes of earlier calls, which were ended with them."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


class Interpreter:
    """The variables of one container, and the running of code among them."""

    def __init__(self, folder: str, limit: int, image_bytes: int) -> None:
        self.folder = folder
        self._limit = limit
        self._image_bytes = image_bytes
        self._count = 0
        self._pid = os.getpid()
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._names = module.__dict__

    def run(self, code: str, seconds: int) -> Reply:
        """Run code; what it printed, gave and raised."""
        reap()
        printed = Printed(self._limit)
        images: list[str] = []
        result, error = self._guarded(code, seconds, images)
        if os.getpid() != self._pid:
            # A copy of us that the code made, and that came to the end of it.
            os._exit(0)
        logs = printed.finish()
        return {"logs": logs, "result": result, "error": error, "images": images, "files": self.files()}

    def files(self) -> list[dict[str, Any]]:
        """The files of the work folder, by path under it."""
        found: list[dict[str, Any]] = []
        for folder, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
            for name in sorted(name for name in names if not name.startswith(".")):
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink() and len(found) < NAMED:
                    said = path.stat()
                    place = str(path.relative_to(self.folder))
                    found.append({"path": place, "bytes": said.st_size, "changed": said.st_mtime_ns})
        return found

    def _guarded(self, code: str, seconds: int, images: list[str]) -> tuple[str | None, str | None]:
        """The text of the last value, and that of what was raised; whatever the code does ends here."""
        try:
            signal.signal(signal.SIGALRM, self._too_long(seconds))
            signal.setitimer(signal.ITIMER_REAL, seconds)
            value = self._execute(code)
            images += self._pictures(value)
            return (None if value is None else shortened(repr(value), self._limit)), None
        except BaseException:  # noqa: BLE001 - the code may raise anything, and none of it ends us
            return None, shortened(self._trace(), self._limit)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _too_long(self, seconds: int) -> Callable[[int, types.FrameType | None], None]:
        def ring(_: int, __: types.FrameType | None) -> None:
            raise TimeoutError(f"The code was stopped: it ran for {seconds} seconds, which is the limit.")

        return ring

    def _execute(self, code: str) -> object:
        """The value of the last statement where that is an expression, as a notebook shows it."""
        self._count += 1
        place = f"<code {self._count}>"
        linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
        tree = ast.parse(code, place)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, place, "exec"), self._names)  # noqa: S102 - what this program is for
        if not isinstance(last, ast.Expr):
            return None
        value = eval(compile(ast.Expression(last.value), place, "eval"), self._names)  # noqa: S307 - the same
        if value is not None:
            self._names["_"] = value
        return cast("object", value)

    def _trace(self) -> str:
        """What was raised, without our own frames."""
        kind, error, trace = sys.exc_info()
        ours = self._trace.__code__.co_filename
        while trace is not None and trace.tb_frame.f_code.co_filename == ours:
            trace = trace.tb_next
        try:
            return "".join(traceback.format_exception(kind, error, trace)).rstrip()
        except BaseException:  # noqa: BLE001 - its own words may raise as well
            return getattr(kind, "__name__", "An error") + " (which can't be shown)"

    def _pictures(self, value: object) -> list[str]:
        """The last value where it is a picture, and the figures that were drawn, as data URLs of PNG."""
        found: list[bytes] = []
        draw = getattr(value, "_repr_png_", None)
        if callable(draw):
            drawn = draw()
            found += [drawn] if isinstance(drawn, bytes) else []
        plots: Any = sys.modules.get("matplotlib.pyplot")
        for number in plots.get_fignums() if plots else ():
            target = io.BytesIO()
            plots.figure(number).savefig(target, format="png", bbox_inches="tight")
            found.append(target.getvalue())
        if plots:
            plots.close("all")
        room, urls = self._image_bytes, []
        for picture in found:
            room -= len(picture)
            if room < 0:
                sys.stderr.write(f"[a picture was left out: {self._image_bytes} bytes are taken]\n")
                break
            urls.append("data:image/png;base64," + base64.b64encode(picture).decode())
        return urls


class Wire:
    """The two ends that the code doesn't see: lines come in by a thread of their own."""

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), "rb")
        self._out = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.close(nothing)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._in:
            self._lines.put(json.loads(line))
        # Whoever we work for is gone, and nothing here outlives it.
        os._exit(0)

    def next(self) -> dict[str, Any]:
        """The next request."""
        return self._lines.get()

    def say(self, reply: Reply) -> None:
        """Send one line."""
        self._out.write(json.dumps(reply).encode() + b"\n")
        self._out.flush()


def carry_out(asked: dict[str, Any], interpreter: Interpreter) -> Reply:
    """The reply to one request; what can't be done is said in `fault`."""
    operation = asked["do"]
    if operation == "run":
        return interpreter.run(asked["code"], asked["seconds"])
    if operation == "files":
        return {"files": interpreter.files()}
    path = Path(interpreter.folder, asked["path"])
    try:
        if operation == "read":
            with path.open("rb") as source:
                source.seek(asked["offset"])
                return {"data": base64.b64encode(source.read(asked["bytes"])).decode()}
        if operation == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab" if asked["offset"] else "wb") as target:
                target.write(base64.b64decode(asked["data"]))
        else:
            path.unlink()
    except OSError as error:
        return {"fault": str(error.strerror)}
    return {"files": interpreter.files()}


def limit(settings: dict[str, Any]) -> None:
    """Set limits that can't be raised again. Some systems lack some of them, and a container has its own."""
    wanted = {
        resource.RLIMIT_AS: settings["memory"],
        resource.RLIMIT_FSIZE: settings["file_bytes"],
        resource.RLIMIT_NOFILE: settings["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    if settings.get("processes"):
        wanted[resource.RLIMIT_NPROC] = settings["processes"]
    for what, most in wanted.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main(settings: dict[str, Any]) -> None:
    """Serve until the input ends."""
    wire = Wire()
    folder = settings["folder"]
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ.setdefault("MPLBACKEND", "Agg")
    limit(settings)
    interpreter = Interpreter(folder, settings["output_bytes"], settings["image_bytes"])
    wire.say({"ready": sys.version.split()[0]})
    while True:
        asked = wire.next()
        reply = carry_out(asked, interpreter)
        reply["id"] = asked["id"]
        wire.say(reply)


if __name__ == "__main__" and len(sys.argv) > 1:
    main(json.loads(sys.argv[1]))
