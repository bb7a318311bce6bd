"""HTTP archives, as browsers and proxies save them."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from antiphon.cassettes.importers.har import read_har
from antiphon.errors import CassetteInvalid

Json = dict[str, Any]


def entry(content: Json, *, request: Json | None = None, **response: Any) -> Json:
    """One call of an archive, in the members that the format demands."""
    asked = {"method": "POST", "url": "https://api.openai.com/v1/embeddings", "headers": [
        {"name": ":authority", "value": "api.openai.com"}, {"name": "Authorization", "value": "Bearer x"},
    ], "postData": {"mimeType": "application/json", "text": '{"model":"m"}'}}  # fmt: skip
    return {
        "startedDateTime": "2025-01-01T00:00:00.000Z",
        "time": 50.6,
        "request": asked | (request or {}),
        "response": {"status": 200, "headers": [], "content": content} | response,
        "timings": {"blocked": 2, "dns": -1, "connect": -1, "ssl": -1, "send": 1, "wait": 7.2, "receive": 40},
    }


def archive(folder: Path, *entries: Json) -> Path:
    path = folder / "it.har"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"log": {"version": "1.2", "entries": entries}}).encode())
    return path


def test_calls_come_with_their_times(tmp_path: Path) -> None:
    content = {"mimeType": "text/event-stream", "text": "data: {}\n\ndata: [DONE]\n\n", "size": 24}
    (each,) = read_har(archive(tmp_path, entry(content)), "it.har").interactions
    assert [(chunk.ms, chunk.data) for chunk in each.load().chunks] == [
        (10, b"data: {}\n\n"),
        (51, b"data: [DONE]\n\n"),
    ]
    assert each.asked.body == b'{"model":"m"}'
    assert each.asked.headers == {}
    assert each.load().headers == {"content-type": "text/event-stream"}


def test_bytes_are_base64_and_may_be_compressed(tmp_path: Path) -> None:
    sound, packed = b"\xff\xf3\x00", gzip.compress(b'{"a":1}')
    contents = [
        {"mimeType": "audio/mpeg", "encoding": "base64", "text": base64.b64encode(data).decode()}
        for data in (sound, packed)
    ]
    found = read_har(archive(tmp_path, *map(entry, contents)), "it.har")
    assert [each.load().chunks[0].data for each in found.interactions] == [sound, b'{"a":1}']


def test_a_form_is_encoded(tmp_path: Path) -> None:
    form = {"postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "c&d"}]}}
    (each,) = read_har(archive(tmp_path, entry({}, request=form)), "it.har").interactions
    assert each.asked.body == b"a+b=c%26d"
    assert each.load().chunks == ()


def test_what_holds_no_answer_is_noted(tmp_path: Path) -> None:
    found = read_har(
        archive(
            tmp_path,
            entry({"size": 10}),
            entry({}, status=0),
            entry({}, status=302),
            entry({"encoding": "base64", "text": "?"}),
            entry({}, request={"postData": None}),
        ),
        "it.har",
    )
    assert len(found.interactions) == 1
    assert [note.partition(": call ")[2][:1] for note in found.notes] == ["1", "2", "3", "4"]
    assert "without the content" in found.notes[0]


@pytest.mark.parametrize("content", [b"{}", b"nonsense", b"[" * 100_000, b'{"log":{"entries":[{}]}}'])
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "it.har").write_bytes(content)
    with pytest.raises(CassetteInvalid, match=r"it\.har is no HTTP archive"):
        read_har(tmp_path / "it.har", "it.har")
