"""The program of the embedding process: texts in, their vectors out, computed by the model that needs no service.

MessagePack of a list of texts in, the bytes of a float32 matrix out (`frames.py`). Not here: starting, waiting,
killing.
Counterpart: `builtin.py`.
"""

import signal
import sys
from pathlib import Path

import msgspec

from antiphon.retrieval.frames import serve_pipes
from antiphon.retrieval.minilm import MiniLM


def reply(model: MiniLM, data: bytes) -> bytes:
    """The vectors of these texts, row after row."""
    return model.vectors(msgspec.msgpack.decode(data, type=list[str])).tobytes()


def main(folder: Path) -> None:
    """Load the model, and answer."""
    # The one who asks ends it; a terminal's interrupt is for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    model = MiniLM(folder)
    serve_pipes(lambda data: reply(model, data))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
