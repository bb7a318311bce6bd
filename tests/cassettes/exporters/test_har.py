"""Archives that were written are read again, and mean the same."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

from cassettes.tapes import chat, event, interaction

from antiphon.cassettes.exporters.har import archive
from antiphon.cassettes.importers.har import read_har
from antiphon.cassettes.interaction import Answered, Chunk, End


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    stream = Answered(
        200, {"content-type": "text/event-stream"}, (Chunk(9, event("a")), Chunk(30, event("b"))), End.COMPLETE, 30
    )
    sound = Answered(418, {"content-type": "audio/mpeg"}, (Chunk(5, b"\xff\xf3"),), End.COMPLETE, 6)
    tape = [replace(interaction(chat("Hi?")), load=partial(replace, answered)) for answered in (stream, sound)]
    made = archive(tape, 1_735_689_600)
    assert [entry["startedDateTime"][17:23] for entry in made["log"]["entries"]] == ["00.000", "00.030"]
    assert made["log"]["entries"][1]["response"]["statusText"] == "I'm a Teapot"
    (tmp_path / "it.har").write_text(json.dumps(made))
    again = read_har(tmp_path / "it.har", "it.har").interactions
    assert [each.load().chunks for each in again] == [stream.chunks, sound.chunks]
    assert {each.asked.key for each in again} == {tape[0].asked.key}
