"""Fuzzers: each makes inputs up and asks one question of each. Seconds of it in every run, ten minutes in `make soak`.

Examples are the same ones in every run; the soak's are new each time.
"""

import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = 100
SOAK_SECONDS = 600.0
AT_ONCE = 2000


def fuzz(inputs: st.SearchStrategy[Any], question: Callable[[Any], None], *, long: bool = False) -> None:
    """Ask the question of many inputs; with `long`, for ten minutes, and say of how many."""
    if not long:
        _round(inputs, question, EXAMPLES, again=True)
        return
    end, asked = time.monotonic() + SOAK_SECONDS, 0
    while time.monotonic() < end:
        asked += _round(inputs, question, AT_ONCE, again=False)
    print(f"{asked} inputs")  # noqa: T201 - for who runs the soak, with -s


def _round(inputs: st.SearchStrategy[Any], question: Callable[[Any], None], examples: int, *, again: bool) -> int:
    asked = 0

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=again, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
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
