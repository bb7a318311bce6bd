"""Several orders into one: reciprocal rank fusion with weights. Pure.

A passage that stands at place r of a list, from 1 on, gets weight / (K + r) of it; what it gets of all lists is added
up, and divided by what the first of all lists would get. So a score is from 0 to 1, and 1 means: first everywhere. A
list whose weight is 0 isn't heard. Not here: making the lists (`store/`). Source: Cormack, Clarke and Büttcher, SIGIR
2009.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from antiphon.errors import InvalidRequest

K = 6
"""How slowly a place loses worth; `docs/explanation/retrieval.md` has what it was tuned by."""

Key = TypeVar("Key", bound=Hashable)
Scored = list[tuple[Key, float]]


class Weights(Struct, frozen=True):
    """How much the order by vectors counts, and that by words. Source: `ranking_options.hybrid_search`.

    What is counted if nothing is said was tuned like `K`.
    """

    embedding: float = 1.0
    text: float = 0.5


def read_weights(hybrid: object, param: str = "ranking_options.hybrid_search") -> Weights:
    """The weights that a request asks for. Raises `InvalidRequest` for a negative one, or none above 0."""
    match hybrid:
        case None:
            return Weights()
        case {"embedding_weight": int() | float() as embedding, "text_weight": int() | float() as text}:
            if min(embedding, text) < 0 or max(embedding, text) <= 0:
                raise InvalidRequest(f"The weights of '{param}' must be 0 or more, and one of them more.", param=param)
            return Weights(float(embedding), float(text))
        case _:
            raise InvalidRequest(f"'{param}' must have the numbers embedding_weight and text_weight.", param=param)


def fuse(lists: Iterable[tuple[float, Sequence[Key]]], k: int = K) -> Scored[Key]:
    """The keys of all lists, each list with its weight, the best first; equals stay in the order they came in."""
    scores: dict[Key, float] = {}
    total = 0.0
    for weight, keys in lists:
        if weight <= 0:
            continue
        total += weight / (k + 1)
        for place, key in enumerate(keys, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (k + place)
    return sorted(((key, score / total) for key, score in scores.items()), key=lambda scored: -scored[1])


def best_of(searches: Iterable[Scored[Key]]) -> Scored[Key]:
    """What several queries found: each key once, with the best of its scores, the best first."""
    best: dict[Key, float] = {}
    for search in searches:
        for key, score in search:
            best[key] = max(score, best.get(key, 0.0))
    return sorted(best.items(), key=lambda scored: -scored[1])


def above(found: Scored[Key], threshold: float | None, most: int) -> Scored[Key]:
    """No more than so many, and none below the threshold. `found` is in order."""
    return [(key, score) for key, score in found if threshold is None or score >= threshold][:most]
