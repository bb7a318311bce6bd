"""What is wrong with a cassette: damage, secrets that slipped through, interactions that nothing leads to.

Pure but for reading. Not here: mending (`rewriting.py`). Counterpart: `antiphon cassette verify`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Answered, End, Interaction
from antiphon.cassettes.personal import Finder, read_finder
from antiphon.cassettes.redaction import redact_answer
from antiphon.cassettes.rewriting import reachable, redacted
from antiphon.errors import CassetteInvalid

RANDOM = re.compile(r"(?<![\w+/=-])[\w+/-]{32,200}={0,2}(?![\w+/=-])")
"""Long words that may be credentials of no known form."""
BITS = 4.6
"""Bits a character above which a word is as good as random; English has about 4, random base64 nearly 6."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found at a place of the cassette; only a `grave` one is a failure."""

    place: str
    sentence: str
    grave: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


def verify(cassette: Cassette) -> Iterator[Finding]:
    """All findings, in the order of the interactions. A file that can't be read at all never becomes a `Cassette`."""
    finders = [read_finder(text) for text in cassette.redact]
    reached = {id(each) for each in reachable(cassette)}
    yield from (Finding(cassette.name, note, grave=False) for note in cassette.notes)
    for each in cassette.interactions:
        try:
            answered = each.load()
            secrets = list(_secrets(each, answered, finders))
        except CassetteInvalid as error:
            yield Finding(str(each.origin), error.message)
            continue
        yield from secrets
        if id(each) not in reached:
            yield Finding(str(each.origin), "no request leads here: a later recording replaces it (prune)", grave=False)
        if each.end is not End.COMPLETE:
            yield Finding(str(each.origin), f"its answer ended as {each.end.value}", grave=False)


def _secrets(interaction: Interaction, answered: Answered, finders: Sequence[Finder]) -> Iterator[Finding]:
    place, clean = str(interaction.origin), redacted(interaction, finders)
    if (clean.asked.body, clean.asked.url, clean.asked.headers) != (
        interaction.asked.body, interaction.asked.url, interaction.asked.headers,
    ):  # fmt: skip
        yield Finding(place, "the request holds a secret (redact)")
    clean_answer = redact_answer(answered, finders)
    if (clean_answer.chunks, clean_answer.source) != (answered.chunks, answered.source):
        yield Finding(place, "the answer holds a secret (redact)")
    body = b"".join(chunk.data for chunk in answered.chunks)
    for name, text in (("request", interaction.asked.body), ("answer", body)):
        words = (word for word in RANDOM.findall(text.decode("latin-1")) if _random(word))
        if word := next(words, ""):
            yield Finding(place, f"the {name} has a word that may be a secret: {json.dumps(word[:8])}…", grave=False)


def _random(word: str) -> bool:
    counts = Counter(word).values()
    bits = -sum(count / len(word) * math.log2(count / len(word)) for count in counts)
    return bits > BITS and any(letter.isdigit() for letter in word)
