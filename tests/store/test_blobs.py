"""Taking long runs out and putting them back: always the same bytes, whatever they are."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.store.blobs import RUN, attach, detach, long_runs, names

PNG = b"iVBORw0KGgo" * 1000

RUNS = st.integers(RUN - 3, 3 * RUN).map(lambda size: b"A" * size)
PIECES = st.lists(st.one_of(st.binary(max_size=40), RUNS, st.sampled_from([b'","', b"\\/", b"=="])), max_size=8)


@given(PIECES.map(b"".join))
def test_what_is_taken_out_goes_back_in(raw: bytes) -> None:
    out = detach(raw)
    assert attach(out.raw, out.blobs) == raw
    assert names(out.raw) == ([] if not out.blobs else names(out.raw))
    if out.blobs:
        assert set(names(out.raw)) == set(out.blobs)


@given(PIECES.map(b"".join))
def test_every_long_run_is_found(raw: bytes) -> None:
    alphabet = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\\")
    expected: list[tuple[int, int]] = []
    start = 0
    for end in range(len(raw) + 1):
        if end == len(raw) or raw[end] not in alphabet:
            if end - start >= RUN:
                expected.append((start, end))
            start = end + 1
    assert long_runs(raw) == expected


def test_an_image_is_named_by_its_hash_and_kept_once() -> None:
    raw = b'{"image_url":"data:image/png;base64,' + PNG + b'","again":"' + PNG + b'"}'
    out = detach(raw)
    assert out.blobs == {hashlib.sha256(PNG).hexdigest(): PNG}
    assert len(out.raw) < 300
    assert names(out.raw) == list(out.blobs) * 2


@pytest.mark.parametrize("raw", [b"A" * (RUN - 1), b"word " * RUN, b"A" * RUN + b"\x00", b""])
def test_what_is_short_or_holds_a_nul_stays(raw: bytes) -> None:
    out = detach(raw)
    assert (out.raw, out.blobs) == (raw, {})


def test_a_missing_blob_is_an_error_and_no_gap() -> None:
    with pytest.raises(KeyError):
        attach(detach(PNG).raw, {})
