"""A key of this server: how one looks, what it may do, and how it is told from a guess.

A key is `sk-ap-<id>-<secret>`. The id is no secret: it finds the row. Of the whole text only the SHA-256 is kept; the
secret has 192 bits of chance, so that a slow hash would hide nothing better. Not here: where keys are kept
(`store/keys.py`) and what a request needs (`server/access.py`).
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hmac import compare_digest

PREFIX = "sk-ap"
ID_BYTES, SECRET_BYTES = 6, 24

INFERENCE, READ, WRITE, ADMIN = "inference", "read", "write", "admin"
SCOPES = {
    INFERENCE: "ask models, and continue what is stored",
    READ: "look at what is stored",
    WRITE: "make, change and delete what is stored",
    ADMIN: "what concerns the server and all projects: usage, the audit log",
}
"""What a key may be good for, and what each means."""
USUAL = frozenset({INFERENCE, READ, WRITE})
"""The scopes of a key that was made without saying which."""
ALL = frozenset(SCOPES)

PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""How a project may be called."""
PROJECT_HOW = "letters, digits, dots, hyphens and underscores, at most 64"
NOBODYS = hashlib.sha256(b"").digest()
"""What a key of an unknown id is compared with, so that it takes as long as one of a known id."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once: its public id, and the whole text."""

    id: str
    text: str


def make_key(chance: Callable[[int], bytes]) -> NewKey:
    """A new key. `chance` gives so many bytes that nobody can foretell."""
    key_id = chance(ID_BYTES).hex()
    return NewKey(key_id, f"{PREFIX}-{key_id}-{chance(SECRET_BYTES).hex()}")


def id_of(text: str) -> str:
    """The id in a key, whatever the text is."""
    begin = len(PREFIX) + 1
    return text[begin : begin + 2 * ID_BYTES]


def digest(text: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def fits(text: str, kept: bytes | None) -> bool:
    """Whether this is the key whose digest was kept; the same work where none was."""
    return compare_digest(digest(text), kept or NOBODYS) and kept is not None


def unknown_scopes(said: Iterable[str]) -> list[str]:
    """Which of these aren't scopes."""
    return sorted(set(said) - ALL)
