"""Ids that a server of responses gives out: how they look, and which of a client's stand for which on the tape.

They change from run to run and mean nothing, so requests that differ in nothing else are equal. A call's id, `call_…`,
is a model's and none of these. Pure. Not here: putting them into an answer (`renaming.py`). Counterparts: `matcher.py`,
which compares without them, and `cassette.py`, which keeps a `Renaming` for each scope.
"""

import re
from collections.abc import Iterable, Mapping

PREFIXES = (
    "apc", "apco", "batch", "ci", "cmp", "cntr", "conv", "ctc", "ctco", "cu", "cuo", "fc", "fco", "fs", "ig", "lsh",
    "lsho", "mcp", "mcpa", "mcpl", "mcpr", "msg", "resp", "rs", "sh", "sho", "tsc", "tso", "vs", "vsfb", "ws",
)  # fmt: skip
"""What stands before the `_` of an id: responses, conversations, their items, vector stores and batches."""

_ALL = (*(f"{prefix}_" for prefix in PREFIXES), "file-", "file_")
_BEGINS = [one for one in _ALL if not any(one != other and one.endswith(other) for other in _ALL)]
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf]))"
"""Not inside a word; an escaped line break before it is none."""
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RANDOM = r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{12,128}"
"""Twelve or more, with a digit: a name such as `mcp_search` is no id."""
_ID = re.compile(rf"{_START}((?:{'|'.join(PREFIXES)})_|file[_-])(?:{_UUID}|{_RANDOM})(?![A-Za-z0-9_-])")

NONE: Mapping[str, str] = {}


def may_have_ids(text: str) -> bool:
    """A cheap first look; false means that there is surely none."""
    return any(map(text.__contains__, _BEGINS))


def ids_in(text: str) -> list[str]:
    """The ids in a text, each once, in the order in which they first occur."""
    return list(dict.fromkeys(match[0] for match in _ID.finditer(text))) if may_have_ids(text) else []


def canonical_ids(text: str) -> str:
    """The text with each id named by its kind and its place among the first occurrences: `resp_#1`."""
    places: dict[str, int] = {}
    return _ID.sub(lambda match: f"{match[1]}#{places.setdefault(match[0], len(places) + 1)}", text)


def with_ids(text: str, ids: Mapping[str, str]) -> str:
    """The text with each id that `ids` knows replaced by the one it stands for."""
    return _ID.sub(lambda match: ids.get(match[0], match[0]), text)


class Renaming:
    """Which ids of a client stand for which on the tape; each stands for one and has one that stands for it.

    `given` leads from the tape's to the client's, `asked` back. Equal ones are not noted.
    """

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self.asked: dict[str, str] = {}

    def fits(self, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether nothing known speaks against pairs of a tape's and a client's id."""
        return all(self.given.get(ours, theirs) == theirs and self.asked.get(theirs, ours) == ours
                   for ours, theirs in pairs)  # fmt: skip

    def learn(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Note pairs of a tape's and a client's id; they go before what was known."""
        for ours, theirs in pairs:
            self.asked.pop(self.given.pop(ours, ""), None)
            self.given.pop(self.asked.pop(theirs, ""), None)
            if ours != theirs:
                self.given[ours], self.asked[theirs] = theirs, ours
