import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.server.nesting import nested_deeper

VALUES = st.recursive(
    st.none() | st.integers() | st.text('[]{}\\"a\n'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('[]{}\\"a'), inner),
)


def depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 1 + max(map(depth, value.values()), default=0) if isinstance(value, dict) else 0


@given(value=VALUES, ascii_only=st.booleans())
def test_it_counts_as_a_parser_would(*, value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert nested_deeper(text, depth(value)) is False
    assert depth(value) == 0 or nested_deeper(text, depth(value) - 1) is True


@pytest.mark.parametrize("text", [b"[" * 9, b'{"a":' * 9, b'"' + b"x" * 9 + b'"' + b"[" * 9])
def test_broken_texts_count_as_far_as_they_go(text: bytes) -> None:
    assert nested_deeper(text, 8)
    assert not nested_deeper(text, 9)


def test_a_string_without_an_end_takes_linear_time() -> None:
    """Quadratic, this would take hours."""
    assert not nested_deeper(b'"' + b'\\"[' * 5_000_000, 8)
