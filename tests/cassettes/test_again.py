"""Recorded requests asked again: the address, the key in its place, the other model."""

import time
from typing import Any

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork, chat, event, interaction, request

from antiphon.cassettes.again import Again, askable
from antiphon.cassettes.interaction import Answered, End, Interaction, Origin
from antiphon.cassettes.redaction import redact_request
from antiphon.errors import UpstreamCut

KEY = "key-of-no-form-0123456789"


def recorded(body: Any, url: str) -> Interaction:
    answered = Answered(200, {}, (), End.COMPLETE)
    return Interaction(1, redact_request(request(body, url=url)), End.COMPLETE, Origin("t"), lambda: answered)


@pytest.mark.parametrize(
    ("url", "header", "asked"),
    [
        ("https://api.openai.com/v1/chat/completions", ("authorization", f"Bearer {KEY}"), None),
        ("https://api.anthropic.com/v1/messages", ("x-api-key", KEY), None),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/old:streamGenerateContent?alt=sse&key=abcdefgh1",
            ("x-goog-api-key", KEY),
            "https://generativelanguage.googleapis.com/v1beta/models/new:streamGenerateContent?alt=sse",
        ),
    ],
)
async def test_the_key_goes_where_the_api_wants_it(url: str, header: tuple[str, str], asked: str | None) -> None:
    network = ScriptedNetwork(ScriptedAnswer([f"It is {KEY}.".encode()]))
    body = chat("Hi?", "old") if not asked else {"contents": []}
    again = Again(network, lambda each: each.url, time.monotonic, KEY, "new")
    answered = await again.ask(recorded(body, url))
    (sent,) = network.asked
    assert sent.url == (asked or url)
    assert header in sent.headers.items()
    assert (b'"model": "new"' in sent.body) is (asked is None)
    assert answered.chunks[0].data == b"It is [redacted]."


async def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    network = ScriptedNetwork(ScriptedAnswer([event("a"), UpstreamCut("gone")]))
    answered = await Again(network, lambda each: each.url, time.monotonic).ask(interaction(chat("Hi?")))
    assert (answered.end, len(answered.chunks)) == (End.CUT, 1)
    assert "authorization" not in network.asked[0].headers


@pytest.mark.parametrize(
    ("body", "url", "model"),
    [
        (chat("a"), "http://a/v1/chat/completions", True),
        ({"contents": []}, "http://a/v1beta/models/g:generateContent", True),
        ({"jsonrpc": "2.0"}, "http://a/mcp", False),
        (b"\xff", "http://a/v1/audio", False),
    ],
)
def test_what_asks_a_model(body: Any, url: str, *, model: bool) -> None:
    assert askable(recorded(body, url)) is model
