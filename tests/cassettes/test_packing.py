import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.cassettes.packing import Frames, Place, first_line, is_packed, pack, unpack
from antiphon.errors import CassetteInvalid


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(0, 200), st.integers(0, 60))
def test_any_part_of_a_text_is_found_again_in_its_frames(texts: list[bytes], offset: int, length: int) -> None:
    data, whole = b"".join(map(pack, texts)), b"".join(texts)
    frames = Frames(io.BytesIO(data), "t")
    assert [frame.text for frame in frames] == texts
    assert not frames.torn
    offset = min(offset, len(whole))
    length = min(length, len(whole) - offset)
    if length:
        place = frames.place(offset, length)
        assert unpack(data[place.start : place.stop])[place.offset :][:length] == whole[offset : offset + length]


def test_ends_of_frames_are_known() -> None:
    one, two = pack(b"one\n"), pack(b"two\n")
    frames = Frames(io.BytesIO(one + two), "t")
    assert [frame.stop for frame in frames] == [len(one), len(one + two)]
    assert [frames.end_of(at) for at in (0, 4, 5, 8, 9)] == [0, len(one), None, len(one + two), None]
    assert frames.place(5, 2) == Place(len(one), len(one + two), 1)


def test_a_torn_frame_is_told_and_rubbish_is_damage() -> None:
    one = pack(b"one\n")
    frames = Frames(io.BytesIO(one + one[:-2]), "t")
    assert [frame.text for frame in frames] == [b"one\n"]
    assert frames.torn
    with pytest.raises(CassetteInvalid, match="isn't under zstd"):
        list(Frames(io.BytesIO(one + b"rubbish!"), "t"))
    with pytest.raises(ValueError, match=r"\w"):
        unpack(b"rubbish!")


def test_the_name_says_it(tmp_path: Path) -> None:
    packed, plain = tmp_path / "tape.jsonl.zst", tmp_path / "tape.jsonl"
    assert (is_packed(packed), is_packed(plain)) == (True, False)
    packed.write_bytes(pack(b"one\n") + pack(b"two\n"))
    plain.write_bytes(b"one\ntwo\n")
    for path in (packed, plain):
        assert first_line(path, path.name).read() == b"one\n"


def test_without_the_library_a_packed_cassette_says_what_is_missing() -> None:
    code = """
import sys
from pathlib import Path
sys.modules["backports"] = sys.modules["compression"] = None
from antiphon.cassettes.packing import is_packed
from antiphon.errors import ConfigFault
assert not is_packed(Path("tape.jsonl"))
try:
    is_packed(Path("tape.jsonl.zst"))
except ConfigFault as fault:
    print(fault.message)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'antiphon[zstd]'" in ended.stdout
