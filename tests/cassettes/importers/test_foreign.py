"""Which files are whose, and a folder of them replayed in place."""

from pathlib import Path

import pytest

from antiphon.cassettes.importers.foreign import is_foreign, read_foreign
from antiphon.cassettes.open import read_cassette

VCR = """interactions:
- request: {body: '{}', headers: {}, method: POST, uri: 'http://127.0.0.1/v1/chat/completions'}
  response: {body: {string: '{}'}, headers: {}, status: {code: 200}}
version: 1
"""
HAR = '{"log":{"entries":[{"request":{"url":"http://127.0.0.1/v1/models"},"response":{"status":200}}]}}'


@pytest.mark.parametrize(
    ("name", "content", "foreign"),
    [
        ("a.har", HAR, True),
        ("a.yaml", VCR, True),
        ("a.yml", "services: {}\n", False),
        ("a.json", '{"version": 1, "interactions": []}', True),
        ("a.json", '{"text": "a \\"interactions\\": [1]"}', False),
        ("a.jsonl", VCR, False),
    ],
)
def test_whose_a_file_is(tmp_path: Path, name: str, content: str, *, foreign: bool) -> None:
    (tmp_path / name).write_text(content)
    assert is_foreign(tmp_path / name) is foreign


def test_a_folder_of_several_programs_is_one_cassette(tmp_path: Path) -> None:
    for name, content in {"a.har": HAR, "b.yaml": VCR, "compose.yaml": "services: {}\n"}.items():
        (tmp_path / name).write_text(content)
    tape = read_cassette(tmp_path)
    assert [str(each.origin) for each in tape.interactions] == ["a.har:1", "b.yaml:1"]
    assert "1 files there are no recordings" in tape.notes[0]
    assert len(read_cassette(tmp_path / "a.har")) == len(read_foreign(tmp_path / "b.yaml", "b.yaml").interactions) == 1
