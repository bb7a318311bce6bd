from pathlib import Path

import pytest
from cassettes.tapes import SSE, asked, chat, event

from antiphon.cassettes.format import encode_header, read_file
from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.recorder import Recorder, create, trim
from antiphon.errors import ConfigFault, StoreFault

HELLO = Answered(200, SSE, (Chunk(3, event("hello")),), End.COMPLETE, 4)


def test_what_is_kept_can_be_read_at_once_and_later(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tape.jsonl"
    create(path, 5)
    recorder = Recorder(path, take=2, first=4)
    kept = recorder.keep(recorder.number(), asked(chat("é")), HELLO)
    again = recorder.keep(recorder.number(), asked(chat("ho")), HELLO, take=3)
    assert [(one.number, one.take, one.load()) for one in (kept, again)] == [(4, 2, HELLO), (5, 3, HELLO)]
    file = read_file(path, "tape.jsonl")
    assert [(one.number, one.take, one.asked.key, one.load()) for one in file.interactions] == [
        (4, 2, kept.asked.key, HELLO),
        (5, 3, again.asked.key, HELLO),
    ]


def test_a_file_that_cannot_be_written_is_a_store_fault(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="not on the tape"):
        Recorder(tmp_path).keep(1, asked(chat("hi")), HELLO)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_a_store_fault() -> None:
    with pytest.raises(StoreFault, match="No space left"):
        Recorder(Path("/dev/full")).keep(1, asked(chat("hi")), HELLO)


def test_places_that_cannot_be_made_or_written_are_settings_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigFault, match="can't be made"):
        create(tmp_path / "file" / "tape.jsonl", 5)
    with pytest.raises(ConfigFault, match="can't be written"):
        trim(tmp_path, 5)


def test_a_torn_end_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    create(path, 5)
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes() + b'{"n":1')
    trim(path, whole)
    assert path.read_bytes() == encode_header(5)
