"""Calls of other programs: compressed bodies opened, streams cut, secrets out, what is no interaction left out."""

import gzip
import zlib
from dataclasses import replace

import pytest

from antiphon.cassettes.importers.calls import Call, Foreign, NoInteraction, interaction_of
from antiphon.cassettes.interaction import Chunk, Interaction, Origin

KEY = "a-key-of-no-known-form-0123456789"
STREAM = b'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n'
CALL = Call(
    "post", "https://api.openai.com/v1/chat/completions?api_key=abcdefgh", {"Authorization": f"Bearer {KEY}"},
    b'{"model":"m"}', 200, {"Content-Type": "application/json", "Date": "now"}, b'{"ok":true}', 20, 80,
)  # fmt: skip


def made(call: Call) -> Interaction:
    return interaction_of(call, Origin("it.har", 1), 1)


def test_a_call_becomes_an_interaction_without_secrets() -> None:
    each = made(replace(CALL, body=f'{{"key":"{KEY}"}}'.encode()))
    assert (each.asked.method, each.asked.upstream) == ("POST", "openai")
    assert "abcdefgh" not in each.asked.url
    assert KEY.encode() not in each.load().chunks[0].data
    assert each.load().headers == {"content-type": "application/json"}
    assert each.load().ms == 80


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(STREAM, mtime=0)),
        ("", gzip.compress(STREAM, mtime=0)),
        ("gzip", STREAM),
        ("deflate", zlib.compress(STREAM)),
        ("deflate", zlib.compress(STREAM, wbits=-15)),
        ("br", STREAM),
    ],
)
def test_a_compressed_body_is_opened_and_its_events_are_spread(coding: str, body: bytes) -> None:
    headers = {"content-type": "text/event-stream", "content-encoding": coding}
    answered = made(replace(CALL, headers=headers, body=body)).load()
    assert [chunk.ms for chunk in answered.chunks] == [20, 50, 80]
    assert b"".join(chunk.data for chunk in answered.chunks) == STREAM
    assert "content-encoding" not in answered.headers


def test_a_compression_that_is_not_known_here_stays() -> None:
    answered = made(replace(CALL, headers={"content-encoding": "br"}, body=b"\xff\x00")).load()
    assert answered.chunks == (Chunk(20, b"\xff\x00"),)
    assert answered.headers == {"content-encoding": "br"}


def test_lines_of_json_are_cut() -> None:
    answered = made(replace(CALL, headers={"content-type": "application/x-ndjson"}, body=b"{}\n{}\n", last=20)).load()
    assert [chunk.data for chunk in answered.chunks] == [b"{}\n", b"{}\n"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (replace(CALL, status=307), "redirect"),
        (replace(CALL, body=b"\x1f\x8bno"), "damaged"),
        (replace(CALL, url="wss://api.openai.com/v1"), "isn't one of HTTP"),
    ],
)
def test_what_is_no_interaction_is_noted(call: Call, said: str) -> None:
    with pytest.raises(NoInteraction, match=said):
        made(call)
    found = Foreign()
    found.add("it.har", 3, lambda: call)
    assert found.interactions == []
    assert "call 3 is left out" in found.notes[0]
