import json
from pathlib import Path

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, body_of, chat, request

from antiphon.cassettes.format import encode_header
from antiphon.cassettes.matcher import Matcher, Matching
from antiphon.cassettes.open import IMPORTED_START, RECORDED, Equality, open_cassette, read_cassette
from antiphon.cassettes.transport import CassetteTransport, Mode
from antiphon.errors import CassetteInvalid, ConfigFault

NOW = 1_700_000_000


def opened(path: Path, mode: Mode, *bodies: bytes) -> CassetteTransport:
    network = ScriptedNetwork(*(ScriptedAnswer([body]) for body in bodies))
    return open_cassette(path, mode, network, clock=lambda: NOW + 0.9)


async def ask(transport: CassetteTransport, text: str) -> bytes:
    return b"".join(await body_of(await transport.send(request(chat(text)))))


async def recorded(path: Path, text: str, answer: bytes) -> None:
    await ask(opened(path, Mode.RECORD, answer), text)


def llama_stack(path: Path, text: str, answer: str) -> None:
    """A recording of another program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    url = "http://0.0.0.0:11434/v1/v1/chat/completions"
    body = {"__type__": "openai.types.chat.chat_completion.ChatCompletion", "__data__": {"text": answer}}
    call = {
        "request": {"method": "POST", "url": url, "body": chat(text)},
        "response": {"body": body, "is_streaming": False},
    }
    path.write_text(json.dumps(call))


def test_replay_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"There is no cassette at .*--mode record"):
        opened(tmp_path / "none.jsonl", Mode.REPLAY)


async def test_a_file_is_made_with_its_start_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "tape.jsonl"
    assert opened(path, Mode.RECORD).cassette.start == NOW
    assert path.read_bytes() == encode_header(NOW)
    later = open_cassette(path, Mode.RECORD, ScriptedNetwork(), clock=lambda: NOW + 500)
    assert later.cassette.start == NOW
    assert path.read_bytes() == encode_header(NOW)
    assert read_cassette(path).start == NOW


async def test_an_empty_file_becomes_a_cassette(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.touch()
    await recorded(path, "hi", b"1")
    assert len(read_cassette(path)) == 1


async def test_a_folder_is_written_to_one_file_and_read_whole(tmp_path: Path) -> None:
    folder = tmp_path / "tapes"
    await recorded(folder, "1", b"one")
    assert (folder / RECORDED).exists()
    await recorded(folder / "deep" / "own.jsonl", "2", b"two")
    llama_stack(folder / "old" / "x.json", "3", "three")
    replay = opened(folder, Mode.REPLAY)
    assert [await ask(replay, text) for text in "123"] == [b"one", b"two", b'{"text":"three"}']
    assert [str(one.origin) for one in replay.cassette.interactions] == [
        "deep/own.jsonl:2",
        "old/x.json:1",
        f"{RECORDED}:2",
    ]


async def test_a_folder_starts_with_its_oldest_file_and_new_files_inherit(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(encode_header(NOW - 50))
    (tmp_path / "b.jsonl").write_bytes(encode_header(NOW - 90))
    assert opened(tmp_path, Mode.AUTO).cassette.start == NOW - 90
    assert (tmp_path / RECORDED).read_bytes() == encode_header(NOW - 90)


async def test_recordings_alone_start_at_a_fixed_time(tmp_path: Path) -> None:
    llama_stack(tmp_path / "x.json", "hi", "a")
    assert read_cassette(tmp_path).start == IMPORTED_START
    assert opened(tmp_path, Mode.AUTO).cassette.start == IMPORTED_START
    assert read_cassette(tmp_path).start == IMPORTED_START


async def test_new_recordings_replace_those_of_other_programs(tmp_path: Path) -> None:
    llama_stack(tmp_path / "x.json", "hi", "old")
    await recorded(tmp_path, "hi", b"new")
    assert await ask(opened(tmp_path, Mode.REPLAY), "hi") == b"new"


async def test_one_recording_of_another_program_can_be_replayed_but_not_written_to(tmp_path: Path) -> None:
    llama_stack(tmp_path / "x.json", "hi", "a")
    assert await ask(opened(tmp_path / "x.json", Mode.REPLAY), "hi") == b'{"text":"a"}'
    with pytest.raises(ConfigFault, match="only read"):
        opened(tmp_path / "x.json", Mode.AUTO)


def test_other_files_of_a_folder_are_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "data.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "log.jsonl").write_text("hello\n")
    cassette = read_cassette(tmp_path)
    assert len(cassette) == 0
    assert cassette.notes == [f"{tmp_path}: 3 files there are no recordings; left out."]


def test_a_damaged_cassette_of_a_folder_is_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "tape.jsonl").write_bytes(b'{"antiphon": "cass')
    with pytest.raises(CassetteInvalid, match=r"tape\.jsonl:1"):
        read_cassette(tmp_path)


def test_a_file_that_is_no_cassette_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"a": 1}\n')
    with pytest.raises(CassetteInvalid, match=r"data\.jsonl is not a cassette"):
        read_cassette(path)


async def test_a_torn_end_is_noted_and_recording_goes_on_behind_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    await recorded(path, "1", b"one")
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines(keepends=True)[1][:50])
    record = opened(path, Mode.AUTO, b"two")
    assert "never finished" in record.cassette.notes[0]
    await ask(record, "2")
    cassette = read_cassette(path)
    assert cassette.notes == []
    assert [interaction.number for interaction in cassette.interactions] == [1, 2]


def test_a_path_that_cannot_be_made_is_a_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigFault):
        opened(tmp_path / "file" / "x" / "tape.jsonl", Mode.RECORD)


def test_the_first_line_says_how_requests_are_compared_and_an_operator_goes_before(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    rules = ["ignore seed"]
    path.write_bytes(encode_header(5, Matching.EXACT, rules))
    said = read_cassette(path).matcher
    assert (said.kind, [rule.text for rule in said.rules]) == (Matching.EXACT, rules)
    said = read_cassette(path, Equality(Matching.CONVERSATION, ("ignore user",))).matcher
    assert (said.kind, [rule.text for rule in said.rules]) == (Matching.CONVERSATION, ["ignore seed", "ignore user"])
    path.write_bytes(encode_header(5))
    assert read_cassette(path).matcher == Matcher()
    path.write_bytes(b'{"antiphon":"cassette","version":1,"start":5,"match":"roughly"}\n')
    with pytest.raises(CassetteInvalid, match="roughly"):
        read_cassette(path)
