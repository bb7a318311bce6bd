"""The lines between this server and the program in a sandbox. Pure.

A JSON object a line each way. What comes out of a sandbox is read as that of a stranger: bounded, typed, and only
taken as an answer where it names the request. Counterpart: `worker.py`, which speaks the same from inside.
"""

from typing import Literal

import msgspec

MIB = 1024 * 1024
LINE_BYTES = 16 * MIB
"""The longest line taken: an answer with its pictures."""
IMAGE_BYTES = 4 * MIB
"""Of all pictures of one call."""
PIECE_BYTES = MIB
"""Of a file, read or written at a time."""


class WorkFile(msgspec.Struct, frozen=True):
    """A file of the work folder. `changed` tells one content from the next, in nanoseconds where it is a time."""

    path: str
    bytes: int
    changed: int = 0


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of code came to.

    `logs` is what it printed, `result` the text of its last value, `error` that of what it raised; `images` are data
    URLs. `lost` says why the container's variables and files are gone.
    """

    logs: str = ""
    result: str | None = None
    error: str | None = None
    images: list[str] = []
    files: list[WorkFile] = []
    lost: str | None = None


class Asked(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One request to the program inside."""

    id: str
    do: Literal["run", "files", "read", "write", "remove"]
    code: str | None = None
    seconds: int = 0
    path: str = ""
    offset: int = -1
    bytes: int = 0
    data: str | None = None


class Said(msgspec.Struct, kw_only=True):
    """One line from inside; which members are there depends on what was asked."""

    id: str | None = None
    ready: str | None = None
    logs: str = ""
    result: str | None = None
    error: str | None = None
    images: list[str] = []
    files: list[WorkFile] = []
    data: str = ""
    fault: str | None = None

    def ran(self) -> Ran:
        """As the outcome of a run; pictures that are none are left out."""
        images = [url for url in self.images if url.startswith("data:image/png;base64,")]
        return Ran(logs=self.logs, result=self.result, error=self.error, images=images, files=self.files)


class WorkerSettings(msgspec.Struct, kw_only=True, frozen=True):
    """What the program inside is started with: sizes in bytes; no limit on processes where it is 0."""

    folder: str
    memory: int
    file_bytes: int
    processes: int
    output_bytes: int
    image_bytes: int = IMAGE_BYTES
    open_files: int = 256


class TooLong(Exception):
    """A line that is longer than any answer may be."""


_said = msgspec.json.Decoder(Said)
_encode = msgspec.json.Encoder().encode


def line(asked: Asked | WorkerSettings) -> bytes:
    """A request as it is sent."""
    return _encode(asked) + b"\n"


class Lines:
    """Bytes as they come -> what was said. Lines that nobody understands are dropped: the code may print some."""

    def __init__(self, limit: int = LINE_BYTES) -> None:
        self._limit = limit
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[Said]:
        """The lines that this completes. Raises `TooLong`."""
        self._kept += data
        *whole, rest = self._kept.split(b"\n") if b"\n" in data else (self._kept,)
        self._kept = bytearray(rest)
        if len(rest) > self._limit or any(len(one) > self._limit for one in whole):
            raise TooLong
        return [said for said in map(_read, whole) if said is not None]


def _read(one: bytes | bytearray) -> Said | None:
    try:
        return _said.decode(one)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
