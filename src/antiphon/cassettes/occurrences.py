"""Ids and times of the answers to our own clients, while a cassette is in use.

They follow from the canonical request, how often it came, and the cassette's start alone, so the recording
run and every replay give the same bytes. Not here: how ids are made. Counterpart: `antiphon.sources`.
"""

from collections import Counter

from antiphon.cassettes.canonical import canonical_path, request_key
from antiphon.cassettes.redaction import redact_body
from antiphon.sources import Sources, seeded


class Occurrences:
    """Counts equal requests. `start` (Unix seconds) is the cassette's, at which its clock stands."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._seen: Counter[tuple[str, str]] = Counter()

    def sources(self, method: str, path: str, body: bytes, scope: str = "") -> Sources:
        """The sources for one request; an equal one later gets others.

        Each scope counts for itself and gets the same: its store is its own, so equal ids never meet.
        """
        key = request_key(method, canonical_path(path), redact_body(body)).hex()
        self._seen[scope, key] += 1
        # Everyone's scope, empty, stands first in the seed: ids that were pinned before there were scopes stay.
        return seeded(f":{key}:{self._seen[scope, key]}", self.start)
