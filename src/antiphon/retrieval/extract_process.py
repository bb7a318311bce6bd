"""The program of a reading process: reads one file after another, within seconds and memory.

`Asked` in, `Said` out (`frames.py`). What a file costs is bounded by the system:
memory for the whole process, seconds of computing anew for every file. Not here: starting, waiting, killing.
Counterpart: `extracting.py`.
"""

import resource
import signal
import sys
from pathlib import Path

import msgspec

from antiphon.errors import AntiphonError, UnreadableFile
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.document import Document
from antiphon.retrieval.extract import extract
from antiphon.retrieval.frames import serve_pipes
from antiphon.retrieval.passage import Passage
from antiphon.retrieval.split import split


class Asked(msgspec.Struct):
    """A file by its name and where it is. With `chunking` its passages are wanted, without it its document."""

    name: str
    path: str
    seconds: int
    chunking: Chunking | None = None


class Said(msgspec.Struct, omit_defaults=True):
    """What was wanted, or what was wrong: `missing` says that it's the server's package, `code` as in `last_error`."""

    document: Document | None = None
    passages: list[Passage] | None = None
    fault: str | None = None
    code: str | None = None
    missing: bool = False


def answer(asked: Asked) -> Said:
    """The document or passages of a file; a fault of the file is said."""
    try:
        with Path(asked.path).open("rb") as file:
            document = extract(file, asked.name)
        if asked.chunking is None:
            return Said(document=document)
        return Said(passages=split(document, asked.chunking))
    except UnreadableFile as error:
        return Said(fault=error.message, code=error.code)
    except AntiphonError as error:
        return Said(fault=error.message, missing=True)
    except MemoryError:
        return Said(fault=f"'{asked.name}' takes more memory to read than it may. Split it into smaller files.")
    except Exception as error:  # noqa: BLE001 - strangers' files make libraries raise anything; it is said of the file
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return Said(fault=f"'{asked.name}' can't be read ({said}). Open it with its own program and save it anew.")


def reply(data: bytes) -> bytes:
    """An answer to `Asked`, in time."""
    asked = msgspec.msgpack.decode(data, type=Asked)
    _allow(asked.seconds)
    return msgspec.msgpack.encode(answer(asked))


def _allow(seconds: int) -> None:
    """So many seconds of computing from now on; what takes more is ended by the system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def main(memory: int) -> None:
    """Take the bounds on, and answer."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The one who asks ends it; a terminal's interrupt is for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve_pipes(reply)


if __name__ == "__main__":
    main(int(sys.argv[1]))
