"""Long runs of base64 in an item, kept apart by their hash and put back byte for byte. Pure.

Images and files travel inside an item's JSON as data URLs, and a client sends them again with every request.
`detach` replaces each such run by a mark that no JSON can hold; `attach` undoes it. Not here: where the
bytes are kept (`operations/blobs.py`).
"""

import hashlib
import re
from collections.abc import Mapping

from msgspec import Struct

RUN = 4096
# A backslash too: some clients write `\/` for `/`. It need not be base64, only long and without a break.
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\\"
REST = re.compile(rb"[A-Za-z0-9+/=_\\-]*")
# NUL can't stand in JSON text, not even inside a string.
MARK = re.compile(rb"\x00([0-9a-f]{64})\x00")


class Detached(Struct, frozen=True):
    """What remains of an item, and the bytes taken out, by hash (SHA-256, hex)."""

    raw: bytes
    blobs: dict[str, bytes]


def detach(raw: bytes) -> Detached:
    """Take out every run of at least `RUN` base64 characters; without one, `raw` itself and no blobs."""
    if len(raw) < RUN or b"\x00" in raw:
        return Detached(raw, {})
    pieces: list[bytes] = []
    blobs: dict[str, bytes] = {}
    done = 0
    for start, end in long_runs(raw):
        run = raw[start:end]
        name = hashlib.sha256(run).hexdigest()
        blobs[name] = run
        pieces += (raw[done:start], b"\x00", name.encode(), b"\x00")
        done = end
    if not blobs:
        return Detached(raw, {})
    pieces.append(raw[done:])
    return Detached(b"".join(pieces), blobs)


def long_runs(raw: bytes) -> list[tuple[int, int]]:
    """Where the long runs begin and end.

    A run of `RUN` bytes covers a multiple of `RUN`, so looking around those places finds every one, in a
    time that doesn't depend on how the shorter ones lie.
    """
    found: list[tuple[int, int]] = []
    probe = 0
    while probe < len(raw):
        before = raw[max(probe - RUN, 0) : probe]
        start = probe - (len(before) - len(before.rstrip(ALPHABET)))
        match = REST.match(raw, probe)
        end = match.end() if match else probe
        if end - start >= RUN:
            found.append((start, end))
        probe = max(probe, end - end % RUN) + RUN
    return found


def names(raw: bytes) -> list[str]:
    """The hashes of what was taken out of this item."""
    return [mark.decode() for mark in MARK.findall(raw)]


def attach(raw: bytes, blobs: Mapping[str, bytes]) -> bytes:
    """Put the runs back. Raises KeyError when one is missing."""
    return MARK.sub(lambda mark: blobs[mark[1].decode()], raw)
