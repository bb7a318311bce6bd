"""Judges answers about vector stores by the official client's own types. Counterpart: `judged_http.py`, which asks."""

import re
from typing import Any

from openai.types import VectorStore, VectorStoreDeleted, VectorStoreSearchResponse
from openai.types.vector_stores import (
    FileContentResponse,
    VectorStoreFile,
    VectorStoreFileBatch,
    VectorStoreFileDeleted,
)
from pydantic import TypeAdapter


def judge_of_vector_stores(method: str, rest: list[str], found: Any) -> None:
    """Judge a vector store, its files and batches, lists of them, what was found, or that one is gone."""
    shape, listed = _shape(method, rest)
    if listed:
        assert isinstance(found["has_more"], bool)
        ids = [entry.get("id") for entry in found["data"]]
        if found["object"] == "list":
            assert [found["first_id"], found["last_id"]] == ([ids[0], ids[-1]] if ids else ["", ""])
    for entry in found["data"] if listed else [found]:
        TypeAdapter(shape).validate_python(entry, strict=True)


SHAPES: list[tuple[str, str, Any, bool]] = [
    ("DELETE", r"[^/]+", VectorStoreDeleted, False),
    ("DELETE", r"[^/]+/files/[^/]+", VectorStoreFileDeleted, False),
    ("GET", r"", VectorStore, True),
    ("POST", r"[^/]+/search", VectorStoreSearchResponse, True),
    ("GET", r"[^/]+/files/[^/]+/content", FileContentResponse, True),
    ("GET", r"[^/]+/(?:file_batches/[^/]+/)?files", VectorStoreFile, True),
    ("GET|POST", r"[^/]+/files(?:/[^/]+)?", VectorStoreFile, False),
    ("GET|POST", r"[^/]+/file_batches(?:/.*)?", VectorStoreFileBatch, False),
    ("GET|POST", r"[^/]*", VectorStore, False),
]
"""Method, path, the type of an answer, and whether it is a list of them."""


def _shape(method: str, rest: list[str]) -> tuple[Any, bool]:
    path = "/".join(rest)
    for methods, pattern, shape, listed in SHAPES:
        if re.fullmatch(methods, method) and re.fullmatch(pattern, path):
            return shape, listed
    raise AssertionError(f"nothing is known of {method} /vector_stores/{path}")
