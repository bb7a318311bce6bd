"""The JSON inside a body, and texts of it replaced: one document, one a line, or one an event.

A stream spells a text over many events, so texts are joined by where they stand (`choices[0].delta.content`)
before they are searched. Nothing but what is replaced is written anew. Pure; what is replaced is the concern of
`redaction.py`, which takes out secrets, and of `renaming.py`, which puts in ids.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from antiphon.cassettes.canonical import Json, NotJson, parse_json
from antiphon.cassettes.shapes import REDACTED, Known, Span, find_secrets, is_secret_member, may_hold_secrets

Path = tuple[str | int, ...]

DELTA_NAMES = frozenset(
    {
        "arguments",
        "args",
        "code",
        "content",
        "delta",
        "diff",
        "input",
        "output",
        "partial_json",
        "reasoning",
        "reasoning_content",
        "reasoning_text",
        "refusal",
        "response",
        "summary",
        "text",
        "thinking",
    }
)
"""Members that streams spell out bit by bit."""

_PLACES = ("index", "output_index", "content_index", "summary_index", "item_id")
_LINE = re.compile(rb"(?:^|(?<=[\r\n]))(?:data: ?)?([{\[][^\r\n]*)")
_MEDIA = re.compile(r"data:[\w.+/-]+;base64,")


class Edit(NamedTuple):
    """Replace the bytes from `start` to `stop`."""

    start: int
    stop: int
    data: bytes


class Replacement(NamedTuple):
    """Replace the characters from `start` to `stop` of a text."""

    start: int
    stop: int
    text: str

    def between(self, start: int, stop: int) -> str:
        """What of the new text falls on these characters: as far into it as they are; the last get the rest."""
        end = None if stop >= self.stop else stop - self.start
        return self.text[max(0, start - self.start) : end]


class Document(NamedTuple):
    """A JSON value and where its text stands in the body."""

    start: int
    stop: int
    value: Json


class Leaf(NamedTuple):
    """A text in a document. Leaves of one `slot` spell one text together; `secret` by its name alone."""

    document: int
    path: Path
    slot: Path
    text: str
    secret: bool


def edits(body: bytes, known: Sequence[Known] = ()) -> list[Edit]:
    """What to replace in a body so that no secret is left; `known` are secrets without a shape."""
    whole = _whole(body)
    if whole is not None and not may_hold_secrets(body.decode("latin-1"), known):
        return []
    found = [whole] if whole else list(_lines(body))
    inside = _edit_documents(found, known)
    return sorted([*inside, *_edit_gaps(body, found, known)])


def spelled_texts(body: bytes) -> list[str]:
    """The texts of a stream that are spelled over several events, put together."""
    slots = _slots(list(_lines(body))).values()
    return ["".join(leaf.text for leaf in leaves) for leaves in slots if len(leaves) > 1]


def respelled(body: bytes, find: Callable[[str], Sequence[Replacement]]) -> list[Edit]:
    """What to replace in a stream where a text that `find` knows is spelled over several events."""
    found = list(_lines(body))
    if len(found) < 2:  # noqa: PLR2004 - nothing is spelled in one
        return []
    spelled = (leaves for leaves in _slots(found).values() if len(leaves) > 1)
    return sorted(_written(found, [changed for leaves in spelled for changed in _respell(leaves, find)]))


def _respell(leaves: Sequence[Leaf], find: Callable[[str], Sequence[Replacement]]) -> Iterator[tuple[Leaf, str]]:
    changes = find("".join(leaf.text for leaf in leaves))
    at = 0
    for leaf in leaves if changes else ():
        text, last, stop = "", at, at + len(leaf.text)
        for change in changes:
            if change.start < stop and change.stop > at:
                text += leaf.text[last - at : max(change.start, at) - at] + change.between(at, stop)
                last = min(change.stop, stop)
        text += leaf.text[last - at :]
        at = stop
        if text != leaf.text:
            yield leaf, text


def _whole(body: bytes) -> Document | None:
    if body.lstrip()[:1] not in {b"{", b"["}:
        return None
    try:
        return Document(0, len(body), parse_json(body))
    except NotJson:
        return None


def _lines(body: bytes) -> Iterator[Document]:
    for match in _LINE.finditer(body):
        try:
            yield Document(*match.span(1), parse_json(match[1]))
        except NotJson:
            continue


def _edit_gaps(body: bytes, found: Iterable[Document], known: Sequence[Known]) -> Iterator[Edit]:
    # Latin-1 gives each byte one character, so positions hold; secrets are ASCII.
    last = 0
    for start, stop in [*((document.start, document.stop) for document in found), (len(body), len(body))]:
        text = body[last:start].decode("latin-1")
        yield from (Edit(last + a, last + b, REDACTED.encode()) for a, b in find_secrets(text, known))
        last = stop


def _edit_documents(found: Sequence[Document], known: Sequence[Known]) -> Iterator[Edit]:
    return _written(found, [changed for leaves in _slots(found).values() for changed in _redact_slot(leaves, known)])


def _written(found: Sequence[Document], texts: Sequence[tuple[Leaf, str]]) -> Iterator[Edit]:
    for number in sorted({leaf.document for leaf, _ in texts}):
        document = found[number]
        value = document.value
        for leaf, text in texts:
            if leaf.document == number:
                value = _with_text(value, leaf.path, text)
        data = json.dumps(value, separators=(",", ":")).encode()
        yield Edit(document.start, document.stop, data)


def _slots(found: Sequence[Document]) -> dict[Path, list[Leaf]]:
    """The texts that are spelled together, by where they stand."""
    slots: dict[Path, list[Leaf]] = {}
    for number, document in enumerate(found):
        for leaf in _leaves(document.value, number):
            joins = len(found) > 1 and leaf.slot and leaf.slot[-1] in DELTA_NAMES
            slots.setdefault(leaf.slot if joins else (number, *leaf.path), []).append(leaf)
    return slots


def _redact_slot(leaves: Sequence[Leaf], known: Sequence[Known]) -> Iterator[tuple[Leaf, str]]:
    if leaves[0].secret:
        yield from ((leaf, REDACTED) for leaf in leaves if leaf.text != REDACTED)
        return
    spans = find_secrets("".join(leaf.text for leaf in leaves), known)
    at = 0
    for leaf in leaves if spans else ():
        text = _blanked(leaf.text, at, spans)
        at += len(leaf.text)
        if text != leaf.text:
            yield leaf, text


def _blanked(text: str, at: int, spans: Sequence[Span]) -> str:
    """`text`, which stands at `at`, without the spans; the mark stands where a span begins."""
    parts, last, stop = [], at, at + len(text)
    for begin, end in spans:
        if end <= at or begin >= stop:
            continue
        parts.append(text[last - at : max(begin, at) - at])
        parts.append(REDACTED if begin >= at else "")
        last = min(end, stop)
    return "".join([*parts, text[last - at :]])


def _leaves(value: Json, document: int, path: Path = (), slot: Path = ()) -> Iterator[Leaf]:
    if isinstance(value, str):
        if not _MEDIA.match(value):
            yield Leaf(document, path, slot, value, secret=False)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            place = member.get("index", number) if isinstance(member, dict) else number
            yield from _leaves(member, document, (*path, number), (*slot, str(place)))
    elif isinstance(value, dict):
        places = tuple(str(value[name]) for name in _PLACES if name in value)
        # A token of logprobs is a piece of text, not a credential.
        plain = "logprob" in value
        for name, member in value.items():
            if isinstance(member, str) and member and is_secret_member(name) and not plain:
                yield Leaf(document, (*path, name), (), member, secret=True)
            else:
                yield from _leaves(member, document, (*path, name), (*slot, *places, name))


def _with_text(value: Json, path: Path, text: str) -> Json:
    if not path:
        return text
    head, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(head, str):
        return value | {head: _with_text(value[head], rest, text)}
    if isinstance(value, list) and isinstance(head, int):
        return [*value[:head], _with_text(value[head], rest, text), *value[head + 1 :]]
    return value
