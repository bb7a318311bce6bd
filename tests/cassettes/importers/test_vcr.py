"""Cassettes of vcrpy, as it and its kin write them."""

import json
from pathlib import Path

import pytest

from antiphon.cassettes.importers.foreign import is_foreign
from antiphon.cassettes.importers.vcr import read_vcr
from antiphon.errors import CassetteInvalid

KEY = "sk-proj-0123456789abcdefghij"
YAML = f"""\
interactions:
- request:
    body: '{{"model": "m", "messages": [{{"role": "user", "content": "{KEY}"}}]}}'
    headers:
      authorization: [Bearer {KEY}]
      content-type:
      - application/json
    method: POST
    uri: https://api.openai.com/v1/chat/completions
  response:
    body:
      string: !!binary |
        H4sIAAAAAAACA6tWSlSyUjBSqAUAJdh1nwkAAAA=
    headers:
      Content-Encoding: [gzip]
      Content-Type: [application/json]
    status: {{code: 200, message: OK}}
- request: {{body: null, headers: {{}}, method: GET, uri: 'https://api.openai.com/v1/models'}}
  response:
    body: {{string: '{{"data": []}}'}}
    headers: {{location: /elsewhere}}
    status: {{code: 302, message: Found}}
- request: {{method: GET}}
  response: {{}}
version: 1
"""


def test_calls_are_read_without_their_secrets(tmp_path: Path) -> None:
    path = tmp_path / "it.yaml"
    path.write_text(YAML)
    found = read_vcr(path, "it.yaml")
    (each,) = found.interactions
    assert each.asked.body == b'{"model":"m","messages":[{"role":"user","content":"[redacted]"}]}'
    assert each.asked.headers == {"content-type": "application/json"}
    assert each.load().chunks[0].data == b'{"a": 2 }'
    assert each.load().headers == {"content-type": "application/json"}
    assert ["redirect" in found.notes[0], "lacks what a call has" in found.notes[1]] == [True, True]


def test_its_json_and_the_kin_are_read(tmp_path: Path) -> None:
    request = {
        "method": "post",
        "uri": "http://127.0.0.1:11434/api/chat",
        "body": {"string": "{}"},
        "headers": {"A": "b"},
    }
    audio = {"status": {"code": 200}, "body": {"base64_string": "//MA"}, "headers": {"Content-Type": ["audio/mpeg"]}}
    httpx = {"status_code": 200, "content": "text", "headers": {}}
    path = tmp_path / "it.json"
    path.write_text(json.dumps({"version": 1, "http_interactions": [
        {"request": request, "response": audio}, {"request": request | {"body": {"string": None}}, "response": httpx},
    ]}))  # fmt: skip
    assert is_foreign(path)
    found = read_vcr(path, "it.json")
    assert [each.load().chunks[0].data for each in found.interactions] == [b"\xff\xf3\x00", b"text"]
    assert found.interactions[0].asked.body == b"{}"


@pytest.mark.parametrize("content", ["interactions: none", "a: b", "interactions: [", "interactions: '\\ud8'"])
def test_what_is_no_cassette_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "it.yaml"
    path.write_text(content)
    with pytest.raises(CassetteInvalid, match=r"it\.yaml"):
        read_vcr(path, "it.yaml")
    path.with_suffix(".json").write_text(content)
    with pytest.raises(CassetteInvalid, match=r"it\.json"):
        read_vcr(path.with_suffix(".json"), "it.json")
