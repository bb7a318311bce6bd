"""The generated parts of the reference: a page that is stale is found, and what the tables say is so."""

from pathlib import Path

import pytest

from antiphon.engine.dialects import DIALECTS
from docs_requests import field_table, outcome
from docs_tables import first_sentence, table, words_for
from make_docs import PARTS, error_rows, event_rows, flags, main, renewed, settings

PAGE = "Words.\n\n<!-- generated: settings -->\nold\n<!-- end -->\n\nMore words.\n"


def test_a_stale_page_is_named_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text(PAGE)
    assert main(page.parent, check=True) == 1
    assert "docs/page.md: is not what the code says" in capsys.readouterr().out
    assert page.read_text() == PAGE


def test_a_renewed_page_keeps_the_words_around(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert main(tmp_path, check=False) == 0
    assert main(tmp_path, check=True) == 0
    text = page.read_text()
    assert text.startswith("Words.\n\n<!-- generated: settings -->\n\n| key |")
    assert text.endswith("|\n\n<!-- end -->\n\nMore words.\n")


def test_an_unknown_part_fails() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        renewed("<!-- generated: nonsense -->\n<!-- end -->\n")


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_a_table_of_even_rows(name: str) -> None:
    lines = [line.replace("\\|", "") for line in PARTS[name]().splitlines()]
    assert len(lines) > 2
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_what_the_tables_say() -> None:
    assert "| `--port PORT` | `serve`, `doctor` |" in flags()
    assert "| `port` | `ANTIPHON_PORT` | `8321` |" in settings()
    assert "| `CassetteMiss` | 404 | `invalid_request_error` | `cassette_miss` | the cassette |" in error_rows()
    assert "| `response.completed` |" in event_rows()
    fields = field_table()
    assert "| `temperature` | number from 0 to 2 | sent as `temperature` | yes |  |" in fields
    assert "| `reasoning.mode` | string |  | yes | ignored |" in fields
    assert "ignored, except by openai |" in fields


def test_an_outcome_is_what_the_engine_does() -> None:
    request = {"model": "m", "input": "x", "user": "u", "tool_choice": "auto"}
    assert outcome(request, DIALECTS["openai"]).call["user"] == "u"
    ollama = outcome(request, DIALECTS["ollama"])
    assert (ollama.ignored, ollama.approximated) == (["user"], [])
    assert ollama.response["user"] == "u"


def test_cells_and_sentences() -> None:
    assert table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |"
    assert first_sentence("One\nline.\n\nMore.") == "One line."
    assert first_sentence(None) == ""


def test_a_thing_without_words_is_named() -> None:
    assert words_for("a", {"a": "said"}, "the table") == "said"
    with pytest.raises(SystemExit, match="nothing is said about b; write a sentence into the table"):
        words_for("b", {"a": "said"}, "the table")
