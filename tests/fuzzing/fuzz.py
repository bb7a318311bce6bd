"""Fuzzers: each makes inputs up and asks one question of each. A minute of all in every run, ten of each in `make soak`.

In every run they are the same inputs, in the same order, so that a change is judged by itself: so many, or as many as fit
into the time that each has. The soak's are new each time, from a seed that it prints.
"""

import time
from collections.abc import Callable
from itertools import count, takewhile
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

INPUTS, SECONDS = 4000, 12.0
SOAK_SECONDS = 600.0
AT_ONCE, SOAK_AT_ONCE = 100, 1000


def fuzz(inputs: st.SearchStrategy[Any], question: Callable[[Any], None], *, long: bool = False) -> None:
    """Ask the question of many inputs, and say of how many; with `long`, for ten minutes."""
    began, asked = time.monotonic(), 0
    at_once, seconds = (SOAK_AT_ONCE, SOAK_SECONDS) if long else (AT_ONCE, SECONDS)
    first = time.time_ns() // 1_000_000_000 if long else 0
    for start in takewhile(lambda _: time.monotonic() < began + seconds, count(first)):
        asked += _round(inputs, question, at_once, start)
        if not long and asked >= INPUTS:
            break
    print(f"{asked} inputs, from seed {first} on")  # noqa: T201 - for who runs the soak, with -s


def _round(inputs: st.SearchStrategy[Any], question: Callable[[Any], None], examples: int, start: int) -> int:
    asked = 0

    @seed(start)
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=False,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(inputs)
    def each(made: Any) -> None:
        nonlocal asked
        asked += 1
        question(made)

    each()
    return asked


def spoiled(samples: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Good bytes with some of them changed, cut out, doubled or added."""
    edit = st.tuples(st.integers(0, 1 << 16), st.integers(0, 1 << 6), st.binary(max_size=12))
    return st.builds(_edited, samples, st.lists(edit, max_size=6))


def _edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, more in edits:
        at = place % (len(data) + 1)
        data = data[:at] + more + data[at + length :]
    return data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
