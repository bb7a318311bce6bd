"""Commands of curl: a shell runs them, and they say what was asked."""

import json
import subprocess
from pathlib import Path

import pytest
from cassettes.tapes import request

from antiphon.cassettes.exporters.curl import command
from antiphon.cassettes.interaction import Answered, End, Interaction, Origin
from antiphon.cassettes.redaction import redact_request
from antiphon.testing import ScriptedUpstream, text


def asked(body: object, url: str) -> Interaction:
    answered = Answered(200, {}, (), End.COMPLETE)
    return Interaction(1, redact_request(request(body, url=url)), End.COMPLETE, Origin("t"), lambda: answered)


@pytest.mark.parametrize("words", ['It\'s "here" & $HOME\n`ls`', "…ü"])
def test_a_shell_sends_what_was_recorded(words: str, tmp_path: Path) -> None:
    with ScriptedUpstream(text("Yes.")) as upstream:
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": words}]}
        line = command(asked(body, f"{upstream.url}/chat/completions"))
        ended = subprocess.run(["sh", "-c", f"exec {line}"], check=True, capture_output=True, text=True, cwd=tmp_path)
        assert "Yes." in ended.stdout
        assert [json.loads(each.body) for each in upstream.requests] == [body]


def test_bytes_that_are_no_text_come_from_a_pipe() -> None:
    line = command(asked(b"\xff\x00'", "http://127.0.0.1/v1/audio"))
    shown = subprocess.run(["sh", "-c", line.partition("|")[0]], check=True, capture_output=True)
    assert shown.stdout == b"\xff\x00'"


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("https://api.anthropic.com/v1/messages", "x-api-key: $ANTHROPIC_API_KEY"),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent",
            "x-goog-api-key: $GEMINI_API_KEY",
        ),
        ("https://api.openai.com/v1/responses", "authorization: Bearer $OPENAI_API_KEY"),
    ],
)
def test_the_key_stands_as_a_variable(url: str, header: str) -> None:
    assert f'-H "{header}"' in command(asked({}, url))
    assert "-X" not in command(asked({}, url))
