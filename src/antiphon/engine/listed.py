"""Sources that an upstream lists beside its answer, as Perplexity and xAI do: they become citations in its text.

A number in brackets is where its source is cited; of a text without numbers all sources are told at the end. Pure. Not
here: annotations that an upstream makes itself (`turn.py`), and sources of this server's own tools (`citations.py`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from antiphon.wire.chat import ChatChunk

MOST = 200
"""Sources that are read of a list."""
_NUMBER = re.compile(r"\[(\d{1,3})\]")
_JSON = ("{", "[")

Source = tuple[str, str]
"""Address and title."""


def sources_in(chunk: ChatChunk) -> list[Source]:
    """The sources that a chunk lists, in the order of their numbers; each chunk of such a stream has all of them."""
    found = [_source(entry) for entry in (chunk.search_results or ())[:MOST]]
    titles = {url: title for url, title in found if title}
    cited = [_source(entry) for entry in (chunk.citations or ())[:MOST]] or found
    return [(url, title or titles.get(url, "")) for url, title in cited]


def cited(text: str, sources: Sequence[Source]) -> Iterator[dict[str, Any]]:
    """The annotations of a text; none for one that is JSON, whose brackets mean something else."""
    if text.lstrip().startswith(_JSON):
        return
    numbered = [(int(found[1]), found.span()) for found in _NUMBER.finditer(text)]
    places = [(number, span) for number, span in numbered if 0 < number <= len(sources)]
    end = (len(text), len(text))
    for number, (start, stop) in places or [(number, end) for number in range(1, len(sources) + 1)]:
        url, title = sources[number - 1]
        if url:
            yield {"type": "url_citation", "url": url, "title": title, "start_index": start, "end_index": stop}


def _source(entry: object) -> Source:
    """An entry that is none keeps its number."""
    if isinstance(entry, str):
        return entry, ""
    told = entry if isinstance(entry, dict) else {}
    url, title = told.get("url"), told.get("title")
    return (url if isinstance(url, str) else "", title if isinstance(title, str) else "")
