"""What makes vectors of texts, seen from here: a model's name, its dimension, one method.

An embedder is handed to whoever ingests and searches. There is one that needs no service (`builtin.py`), and one over
any server's `/v1/embeddings` (`remote.py`). Not here: where vectors are kept (`store/`).
"""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from antiphon.errors import PackageMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
else:
    Vectors = Any
"""A row a text, of length 1 each, so that the product of two rows is their likeness."""


class Embedder(Protocol):
    """Makes vectors. Two with the same `model` and `dimension` make vectors that can be compared.

    `dimension` may be learned: then it is 0 until the first `embed`.
    """

    @property
    def model(self) -> str:
        """The model's name, as a client names it."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """A row for each text, in their order; float32, of shape (texts, dimension), each of length 1."""
        ...


def numbers(library: str = "numpy") -> Any:  # noqa: ANN401 - a module of an extra
    """The library that vectors are kept in. Raises `PackageMissing`."""
    try:
        return import_module(library)
    except ModuleNotFoundError:
        raise PackageMissing(f"Vectors need the package {library}: pip install 'antiphon[files]'.") from None
