import hashlib
import json
from pathlib import Path

import pytest
from cassettes.tapes import SSE, asked, chat, event
from hypothesis import given
from hypothesis import strategies as st

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.format import VERSION, encode_header, encode_interaction, read_file
from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.matcher import Matching
from antiphon.errors import CassetteInvalid

KINDS = st.sampled_from(["text/event-stream", "application/x-ndjson", "application/json", ""])
PIECES = st.one_of(
    st.binary(min_size=1, max_size=20),
    st.sampled_from([b"data: a\n\n", b"\r\n\r\n", b"\n", b"\n\n\n", "é".encode()[:1]]),
)
CHUNKS = st.lists(st.tuples(st.integers(0, 10_000), PIECES), max_size=8)
HELLO = Answered(200, SSE, (Chunk(3, event("a") + event("b")), Chunk(9, b"data: [DONE]\n\n")), End.COMPLETE, 12)


def tape(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


@given(CHUNKS, KINDS, st.sampled_from(End), st.integers(100, 599))
def test_any_chunking_comes_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[tuple[int, bytes]], kind: str, end: End, status: int
) -> None:
    path = tmp_path_factory.mktemp("tape") / "tape.jsonl"
    answered = Answered(status, {"content-type": kind}, tuple(Chunk(ms, data) for ms, data in chunks), end, 7)
    tape(path, encode_header(5), encode_interaction(1, asked(chat("hi")), answered))
    [interaction] = read_file(path, "t").interactions
    assert interaction.load() == answered
    assert interaction.end is end


@given(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(lambda text: json.dumps({"t": text}).encode())))
def test_any_request_body_keeps_its_key(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("tape") / "tape.jsonl"
    before = asked(body)
    tape(path, encode_header(5), encode_interaction(1, before, HELLO))
    [interaction] = read_file(path, "t").interactions
    assert interaction.asked.key == before.key


def test_the_lines_of_an_interaction() -> None:
    lines = encode_interaction(7, asked(chat("hi", b=None, a=1.0)), HELLO, take=2).splitlines()
    request = json.loads(lines[0])
    assert request == {
        "n": 7,
        "take": 2,
        "method": "POST",
        "url": "http://127.0.0.1:11434/v1/chat/completions",
        "path": "/v1/chat/completions",
        "upstream": "ollama",
        "headers": {"content-type": "application/json"},
        "json": chat("hi", b=None, a=1.0),
    }
    assert list(request["json"]) == sorted(request["json"])
    assert [json.loads(line) for line in lines[1:]] == [
        {"status": 200, "headers": SSE},
        {"ms": 3, "data": event("a").decode()},
        {"data": event("b").decode()},
        {"ms": 9, "data": "data: [DONE]\n\n"},
        {"end": "complete", "ms": 12},
    ]


def test_interactions_come_in_the_order_of_arrival_wherever_they_ended(path: Path) -> None:
    lines = [encode_interaction(n, asked(chat(str(n))), HELLO) for n in (2, 3, 1)]
    file = read_file(tape(path, encode_header(5), *lines), "tape.jsonl")
    assert [interaction.number for interaction in file.interactions] == [1, 2, 3]
    assert [interaction.origin.line for interaction in file.interactions] == [14, 2, 8]
    assert file.start == 5


def test_unknown_members_and_empty_lines_are_passed_over(path: Path) -> None:
    lines = b'{"antiphon":"cassette","version":1,"start":5,"rules":[]}\n\n'
    interaction_lines = b'{"x":1,"n":1,"method":"get","url":"http://h/v1/v1/models","upstream":"h"}\n{"status":200}\n{"data":"a","y":2}\n\n{"end":"complete"}\n'
    [interaction] = read_file(tape(path, lines, interaction_lines), "tape.jsonl").interactions
    assert (interaction.asked.method, interaction.asked.path) == ("GET", "/v1/models")
    assert interaction.load().chunks == (Chunk(0, b"a"),)


def test_what_editors_on_windows_make_of_a_file_is_read(path: Path) -> None:
    written = encode_header(5) + encode_interaction(1, asked(chat("one")), HELLO)
    whole = [interaction.load() for interaction in read_file(tape(path, written), "t").interactions]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert [interaction.load() for interaction in read_file(path, "t").interactions] == whole


def test_every_way_of_tearing_the_last_interaction_leaves_the_others(path: Path) -> None:
    whole = encode_header(5) + encode_interaction(1, asked(chat("one")), HELLO)
    last = encode_interaction(2, asked(chat("two")), HELLO)
    for length in range(1, len(last) - 1):
        file = read_file(tape(path, whole, last[:length]), "tape.jsonl")
        assert [interaction.number for interaction in file.interactions] == [1]
        assert file.whole == len(whole)
        assert len(file.notes) == 1
        assert "tape.jsonl:8" in file.notes[0]
        assert "never finished" in file.notes[0]


def test_an_interaction_torn_in_the_middle_is_noted_and_left_out(path: Path) -> None:
    torn = encode_interaction(1, asked(chat("one")), HELLO).splitlines(keepends=True)[:3]
    file = read_file(
        tape(path, encode_header(5), *torn, encode_interaction(2, asked(chat("two")), HELLO)), "tape.jsonl"
    )
    assert [interaction.number for interaction in file.interactions] == [2]
    assert "tape.jsonl:2" in file.notes[0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (b"", "tape.jsonl:1 can't be read"),
        (b"hello\n", "tape.jsonl:1 can't be read"),
        (encode_header(5) + b"[" * 100_000 + b"\n{}\n", "tape.jsonl:2 can't be read"),
        (b'{"a":1}\n', "tape.jsonl is not a cassette"),
        (encode_header(5) + b"rubbish\n" + b"{}\n", "tape.jsonl:2 can't be read"),
        (encode_header(5) + b'{"data":"x"}\n\n', "tape.jsonl:2: a line outside of an interaction"),
        (encode_header(5) + b'{"n":1}\n{"data":"x"}\n\n', "tape.jsonl:3: a response must begin"),
        (encode_header(5) + b'{"n":1}\n{"status":"x"}\n\n', "tape.jsonl:3 can't be read"),
        (encode_header(5) + b'{"n":1}\n{"status":200}\n{"end":"soon"}\n\n', "tape.jsonl:4 can't be read"),
    ],
)
def test_damage_is_named_by_file_and_line(path: Path, lines: bytes, words: str) -> None:
    with pytest.raises(CassetteInvalid) as raised:
        read_file(tape(path, lines), "tape.jsonl")
    assert words in raised.value.message


def test_bodies_that_are_not_base64_are_damage(path: Path) -> None:
    lines = b'{"n":1,"method":"POST","url":"http://h/","base64":"a"}\n{"status":200}\n{"end":"complete"}\n\n'
    with pytest.raises(CassetteInvalid, match=r"tape\.jsonl:2"):
        read_file(tape(path, encode_header(5), lines), "tape.jsonl")


def test_a_newer_version_is_refused(path: Path) -> None:
    with pytest.raises(CassetteInvalid) as raised:
        read_file(tape(path, f'{{"antiphon":"cassette","version":{VERSION + 1},"start":5}}\n'.encode()), "tape.jsonl")
    assert "update antiphon" in raised.value.message


def test_a_file_that_changes_while_in_use_is_noticed(path: Path) -> None:
    [interaction] = read_file(
        tape(path, encode_header(5), encode_interaction(1, asked(chat("hi")), HELLO)), "tape.jsonl"
    ).interactions
    tape(path, encode_header(5))
    with pytest.raises(CassetteInvalid, match="was changed while it was in use"):
        interaction.load()


FROZEN = b"""{"antiphon":"cassette","version":1,"start":1735689600}
{"n":1,"method":"POST","url":"http://127.0.0.1:11434/v1/chat/completions","path":"/v1/chat/completions","upstream":"ollama","headers":{"content-type":"application/json"},"json":{"model":"m","stream":true}}
{"status":200,"headers":{"content-type":"text/event-stream"}}
{"ms":12,"data":"data: {\\"a\\":1}\\n\\n"}
{"data":"data: {\\"a\\":2}\\n\\n"}
{"ms":40,"base64":"/w=="}
{"end":"cut","ms":41}
"""


def test_version_1_is_read_for_ever(path: Path) -> None:
    [interaction] = read_file(tape(path, FROZEN), "tape.jsonl").interactions
    assert interaction.asked.key == asked({"stream": True, "model": "m"}).key
    chunks = (Chunk(12, b'data: {"a":1}\n\ndata: {"a":2}\n\n'), Chunk(40, b"\xff"))
    assert interaction.load() == Answered(200, SSE, chunks, End.CUT, 41)
    lines = FROZEN.partition(b"\n")[2]
    assert encode_interaction(1, interaction.asked, interaction.load()) == lines


PICTURE = b"\x89PNG" + bytes(range(256)) * 80

FROZEN_2 = b"""{"antiphon":"cassette","version":2,"start":1735689600,"match":"conversation","rules":["ignore seed"],"faults":["cut nth=2"]}
{"n":1,"scope":"a","method":"POST","url":"https://api.example/v1/images","path":"/v1/images","upstream":"api","headers":{"content-type":"image/png"},"sha256":"%(name)b"}
{"status":200,"headers":{"content-type":"image/png"}}
{"ms":3,"data":"begins "}
{"ms":5,"sha256":"%(name)b"}
{"end":"complete","ms":6}
"""


def test_version_2_is_read_for_ever(path: Path) -> None:
    name = hashlib.sha256(PICTURE).hexdigest()
    lines = FROZEN_2 % {b"name": name.encode()}
    Bodies.of(path).put(PICTURE)
    file = read_file(tape(path, lines), "tape.jsonl")
    [interaction] = file.interactions
    assert (file.version, file.match, file.rules, file.faults) == (2, "conversation", ["ignore seed"], ["cut nth=2"])
    assert (interaction.scope, interaction.asked.body) == ("a", PICTURE)
    answered = interaction.load()
    assert answered.chunks == (Chunk(3, b"begins "), Chunk(5, PICTURE))
    again = encode_interaction(1, interaction.asked, answered, scope="a", bodies=Bodies.of(path))
    assert encode_header(1735689600, Matching.CONVERSATION, ["ignore seed"], ["cut nth=2"]) + again == lines


def test_a_body_that_is_gone_or_changed_is_damage(path: Path) -> None:
    name = Bodies.of(path).put(PICTURE)
    tape(path, FROZEN_2 % {b"name": name.encode()})
    [interaction] = read_file(path, "tape.jsonl").interactions
    beside = path.with_name("tape.bodies") / name
    beside.write_bytes(b"other")
    with pytest.raises(
        CassetteInvalid, match=rf"tape\.jsonl:2 can't be read: its body tape\.bodies/{name} was changed"
    ):
        interaction.load()
    beside.unlink()
    with pytest.raises(CassetteInvalid, match=rf"its body tape\.bodies/{name} isn't there"):
        interaction.load()
    with pytest.raises(CassetteInvalid, match=r"tape\.jsonl:2 can't be read: its body .* isn't there"):
        read_file(path, "tape.jsonl")


def test_large_requests_stand_beside_the_file_in_their_canonical_form(path: Path) -> None:
    picture = "data:image/png;base64," + "A" * 70_000
    one, other = (asked({"model": "m", "a": picture}), asked({"a": picture, "model": "m"}))
    lines = [encode_interaction(n, each, HELLO, bodies=Bodies.of(path)) for n, each in ((1, one), (2, other))]
    assert len(b"".join(lines)) < 2000
    assert len(list(path.with_name("tape.bodies").iterdir())) == 1
    file = read_file(tape(path, encode_header(5), *lines), "tape.jsonl")
    assert [each.asked.key for each in file.interactions] == [one.key, one.key]
