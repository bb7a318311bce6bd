"""How large passages are: the API's `chunking_strategy`, read and checked.

Not here: the cutting itself (`split.py`). Source: API reference, vector store files, `chunking_strategy`.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from antiphon.errors import InvalidRequest

MOST_TOKENS, OVERLAP_TOKENS = 800, 400
"""What `auto` stands for."""
LEAST_SIZE, LARGEST_SIZE = 100, 4096


class Chunking(Struct, frozen=True):
    """A passage has at most `most_tokens`, of which at most `overlap_tokens` are the end of the one before."""

    most_tokens: int = MOST_TOKENS
    overlap_tokens: int = OVERLAP_TOKENS

    def told(self) -> dict[str, Any]:
        """As the API shows it; `auto` too is shown as the sizes it stands for."""
        static = {"max_chunk_size_tokens": self.most_tokens, "chunk_overlap_tokens": self.overlap_tokens}
        return {"type": "static", "static": static}


def read_chunking(strategy: object, param: str = "chunking_strategy") -> Chunking:
    """The sizes that a request asks for; `auto` where it says nothing. Raises `InvalidRequest`."""
    match strategy:
        case None | {"type": "auto"}:
            return Chunking()
        case {"type": "static", "static": Mapping() as sizes}:
            return _static(sizes, f"{param}.static")
        case {"type": "static"}:
            raise InvalidRequest(f"'{param}.static' must be an object with its two sizes.", param=f"{param}.static")
        case _:
            raise InvalidRequest(f"'{param}.type' must be 'auto' or 'static'.", param=f"{param}.type")


def _static(sizes: Mapping[str, Any], param: str) -> Chunking:
    most = _number(sizes, "max_chunk_size_tokens", param)
    overlap = _number(sizes, "chunk_overlap_tokens", param)
    if not LEAST_SIZE <= most <= LARGEST_SIZE:
        field = f"{param}.max_chunk_size_tokens"
        raise InvalidRequest(f"'{field}' is {most}; it must be from {LEAST_SIZE} to {LARGEST_SIZE}.", param=field)
    if not 0 <= overlap <= most // 2:
        field = f"{param}.chunk_overlap_tokens"
        message = f"'{field}' is {overlap}; it must be from 0 to half of max_chunk_size_tokens, which is {most // 2}."
        raise InvalidRequest(message, param=field)
    return Chunking(most, overlap)


def _number(sizes: Mapping[str, Any], name: str, param: str) -> int:
    value = sizes.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidRequest(f"'{param}.{name}' must be a whole number.", param=f"{param}.{name}")
    return value
