"""What is taken out only where it is asked for."""

import json
from pathlib import Path

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, body_of, chat, event, request

from antiphon.cassettes.format import encode_header
from antiphon.cassettes.open import open_cassette, read_cassette
from antiphon.cassettes.personal import FINDERS, read_finder
from antiphon.cassettes.redaction import redact_request, redact_text
from antiphon.cassettes.transport import Mode
from antiphon.cassettes.verify import verify
from antiphon.errors import ConfigFault

THERE = [
    ("email", "Write to ann.o'neil+x@mail.example.org.", "ann.o'[redacted]"),
    ("email", "ann@example.org", "[redacted]"),
    ("phone", "Call +49 (30) 1234-5678 now", "Call [redacted] now"),
    ("phone", "Call (415) 555-0132 or 415.555.0132", "Call [redacted] or [redacted]"),
    ("card", "4111 1111 1111 1111, 378282246310005", "[redacted], [redacted]"),
    ("iban", "DE89 3704 0044 0532 0130 00 and GB82WEST12345698765432", "[redacted] and [redacted]"),
    ("ip", "from 192.168.0.1 to 2001:db8::1, ::1", "from [redacted] to [redacted], [redacted]"),
]
ABSENT = [
    ("email", "@ann, a@b, x @ y.org"),
    ("phone", "2024-01-31, 12345678, 10.5281/zenodo.1234567, 1-2-3"),
    ("card", "4111 1111 1111 1112, 0000 0000 0000 0000, 1234567890123456789012, 0.4111111111111111"),
    ("iban", "DE88 3704 0044 0532 0130 00, ABCD1234"),
    ("ip", "1.2.3, 1.2.3.4.5, 999.1.1.1, 12:30:45, a::b::c, std::vector"),
]


@pytest.mark.parametrize(("kind", "text", "left"), THERE)
def test_what_is_asked_for_is_taken_out(kind: str, text: str, left: str) -> None:
    assert left in redact_text(text, [read_finder(kind)])
    assert redact_text(text) == text


@pytest.mark.parametrize(("kind", "text"), ABSENT)
def test_what_only_looks_like_it_stays(kind: str, text: str) -> None:
    assert redact_text(text, [read_finder(kind)]) == text


def test_a_pattern_may_be_given() -> None:
    assert redact_text("ticket-4711 is open", [read_finder(r"ticket-\d+")]) == "[redacted] is open"
    with pytest.raises(ConfigFault, match=r"neither of email, phone, card, iban, ip nor a regular expression"):
        read_finder("(")


def test_the_host_of_a_url_stays() -> None:
    asked = redact_request(
        request(chat("hi"), url="http://127.0.0.1:8000/v1/from/10.0.0.1?ip=10.0.0.2"), [FINDERS["ip"]]
    )
    assert asked.url == "http://127.0.0.1:8000/v1/from/[redacted]?ip=[redacted]"
    assert "10.0.0" not in asked.path


async def test_it_is_gone_from_file_and_comparison_and_the_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    answer = [event(letter) for letter in "Write to bob@example.org."]
    network = ScriptedNetwork(ScriptedAnswer([*answer, b"data: [DONE]\n\n"]))
    recording = open_cassette(path, Mode.RECORD, network, redact=["email"], clock=lambda: 5)
    assert await body_of(await recording.send(request(chat("I am ann@example.org")))) == [*answer, b"data: [DONE]\n\n"]
    lines = path.read_bytes().splitlines(keepends=True)
    assert lines[0] == encode_header(5, redact=["email"])
    assert b"ann" not in b"".join(lines)
    replay = open_cassette(path, Mode.REPLAY, None, clock=lambda: 5)
    chunks = await body_of(await replay.send(request(chat("I am eve@example.org"))))
    parts = [json.loads(line[6:]) for line in b"".join(chunks).split(b"\n\n") if line.startswith(b"data: {")]
    said = "".join(part["choices"][0]["delta"]["content"] for part in parts)
    assert said == "Write to [redacted]."
    assert list(verify(read_cassette(path))) == []
    path.write_bytes(b"".join(lines).replace(b"I am [redacted]", b"I am ann@example.org"))
    assert [finding.sentence for finding in verify(read_cassette(path))] == ["the request holds a secret (redact)"]
