"""What a cassette holds: one request and the answer it got, as values.

Nothing here reads files or compares. Counterparts: `format.py` (as lines of a file), `cassette.py` (looked up).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class End(StrEnum):
    """How an answer's body ended.

    `LEFT`: whoever read it while it was recorded went away before its end.
    """

    COMPLETE = "complete"
    CUT = "cut"
    TIMEOUT = "timeout"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one read brought; `ms` are milliseconds since the request was sent."""

    ms: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with every secret taken out.

    `path` is canonical and carries the query, `key` is equal for requests that are to get the same answer.
    """

    method: str
    url: str
    path: str
    upstream: str
    key: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it came. `ms` is when it ended, in milliseconds since the request.

    `source` is JSON: what the file of another program that it was imported from has beside, empty for none.
    """

    status: int
    headers: Mapping[str, str]
    chunks: tuple[Chunk, ...]
    end: End
    ms: int = 0
    source: bytes = b""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an interaction was read from: a file, as named to a person, and the line it begins on."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, eq=False)
class Interaction:
    """One call on the tape; two are the same only if they are the same object.

    `number` is the place in the order of arrival. `take` counts recordings of the same file: a later
    take of a request replaces the earlier ones. `scope` names the test it belongs to, empty for everyone.
    `load` reads the answer, which isn't kept in memory; it raises `CassetteInvalid`.
    """

    number: int
    asked: Asked
    end: End
    origin: Origin
    load: Callable[[], Answered]
    take: int = 1
    scope: str = ""
