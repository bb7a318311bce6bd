"""Web search against a running server: each service as its documentation describes it, with the official client.

The services here are scripted counterparts on loopback. Their answers have the form of docs.searxng.org/dev/search_api.html,
api-dashboard.search.brave.com/api-reference/web/search/get, docs.tavily.com/documentation/api-reference/endpoint/search
and exa.ai/docs/reference/search.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openai
import pytest
from recorded_kinds import kinds_of
from tool_server import ToolServer, tool_server

from antiphon.testing import Gate, Reply, Request, ScriptedUpstream, never, raw, reasoning, status, text, tool_call
from antiphon.testing.scripted_reply import hang_up

Found = Reply | Callable[[Request], Reply]
KEY = "key-0123456789abcdef"
CATS = tool_call("web_search", '{"query": "cats"}')
SEARCHED = ["web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"]
WEB = {"type": "web_search"}

SEARXNG: dict[str, Any] = {
    "query": "cats", "number_of_results": 0, "answers": [], "corrections": [], "infoboxes": [], "suggestions": [],
    "results": [
        {"url": "https://www.example.org/cats", "title": "Cats", "content": "A cat has four legs.", "engine": "bing", "score": 2.0},
        {"url": "https://de.wikipedia.org/wiki/Katze", "title": "Katze", "content": "Die Katze.", "engine": "duckduckgo"},
        {"url": "https://other.net/x", "title": None, "content": "Other."},
    ],
    "unresponsive_engines": [["google", "timeout"]],
}  # fmt: skip
BRAVE = {
    "type": "search",
    "query": {"original": "cats", "more_results_available": True},
    "web": {"type": "search", "results": [
        {"title": "Cats", "url": "https://www.example.org/cats", "description": "A cat has four legs.", "extra_snippets": ["It purrs."], "language": "en"},
        {"title": "Katze", "url": "https://de.wikipedia.org/wiki/Katze", "description": "Die Katze."},
    ]},
}  # fmt: skip
TAVILY = {
    "query": "cats", "follow_up_questions": None, "answer": None, "images": [], "response_time": 0.8, "request_id": "r",
    "results": [
        {"url": "https://www.example.org/cats", "title": "Cats", "content": "A cat has four legs.", "score": 0.98, "raw_content": None},
        {"url": "https://de.wikipedia.org/wiki/Katze", "title": "Katze", "content": "Die Katze.", "score": 0.9, "raw_content": None},
    ],
}  # fmt: skip
EXA = {
    "requestId": "r", "resolvedSearchType": "neural",
    "results": [
        {"id": "https://www.example.org/cats", "title": "Cats", "url": "https://www.example.org/cats", "publishedDate": None, "author": "", "text": "A cat has four legs."},
        {"id": "https://de.wikipedia.org/wiki/Katze", "title": "Katze", "url": "https://de.wikipedia.org/wiki/Katze", "text": "Die Katze."},
    ],
    "costDollars": {"total": 0.007},
}  # fmt: skip


@contextmanager
def searching(
    folder: Path, backend: str, found: Found, script: Sequence[Reply], *, more: str = "", **flags: Any
) -> Iterator[ToolServer]:
    """A server that searches by a scripted service, and a model that says `script`."""
    path = next(path for name, path, _, _ in SERVICES if name == backend)
    with ScriptedUpstream(*script, models=["m"], paths={path: found}) as upstream:
        base = upstream.url.removesuffix("/v1")
        toml = f'[tools.web_search]\nbackend = "{backend}"\nurl = "{base}"\nkey-env = "SEARCH_KEY"\n{more}'
        with tool_server(folder, toml, upstream, {"SEARCH_KEY": KEY}, **flags) as server:
            yield server


def the_search(server: ToolServer) -> Request:
    """The only request to the service."""
    (one,) = [request for request in server.upstream.requests if "/v1/" not in request.path or "/web/" in request.path]
    return one


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


PLACE = {"type": "approximate", "country": "DE", "city": "München", "region": "Bayern", "timezone": "Europe/Berlin"}
FILTERED = {
    **WEB, "search_context_size": "low", "user_location": PLACE,
    "filters": {"allowed_domains": ["example.org", "wikipedia.org"], "blocked_domains": ["en.wikipedia.org"]},
}  # fmt: skip
SITES = "cats (site:example.org OR site:wikipedia.org) -site:en.wikipedia.org"


def of_searxng(request: Request) -> None:
    assert query(request) == {"q": SITES, "format": "json"}
    assert request.headers["authorization"] == f"Bearer {KEY}"


def of_brave(request: Request) -> None:
    asked = query(request)
    assert asked.pop("q") == SITES
    assert asked == {
        "count": "5", "country": "DE", "extra_snippets": "true", "result_filter": "web", "text_decorations": "false",
    }  # fmt: skip
    assert request.headers["x-subscription-token"] == KEY
    place = {name: value for name, value in request.headers.items() if name.startswith("x-loc")}
    assert place == {
        "x-loc-city": "Munchen", "x-loc-country": "DE", "x-loc-state-name": "Bayern", "x-loc-timezone": "Europe/Berlin",
    }  # fmt: skip


def of_tavily(request: Request) -> None:
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "query": "cats", "max_results": 5, "search_depth": "basic", "country": "germany",
        "include_domains": ["example.org", "wikipedia.org"], "exclude_domains": ["en.wikipedia.org"],
    }  # fmt: skip


def of_exa(request: Request) -> None:
    assert request.headers["x-api-key"] == KEY
    assert request.json == {
        "query": "cats", "numResults": 5, "contents": {"text": {"maxCharacters": 800}}, "userLocation": "DE",
        "includeDomains": ["example.org", "wikipedia.org"], "excludeDomains": ["en.wikipedia.org"],
    }  # fmt: skip


SERVICES = [
    ("searxng", "GET /search", SEARXNG, of_searxng),
    ("brave", "GET /res/v1/web/search", BRAVE, of_brave),
    ("tavily", "POST /search", TAVILY, of_tavily),
    ("exa", "POST /search", EXA, of_exa),
]


@pytest.mark.parametrize(
    ("backend", "found", "asked"),
    [(name, found, asked) for name, _, found, asked in SERVICES],
    ids=[one[0] for one in SERVICES],
)
def test_each_service_is_asked_in_its_own_words_and_cited(
    tmp_path: Path, backend: str, found: Any, asked: Callable[[Request], None]
) -> None:
    answer = text("Cats have four legs [ci", "te:1]. They are called Katze", " [cite:2].")
    with searching(tmp_path, backend, status(200, found), [CATS, answer]) as server:
        told = server.ask(tools=[FILTERED], include=["web_search_call.action.sources", "web_search_call.results"])
    asked(the_search(server))
    call, message = told.output
    assert call["status"] == "completed"
    assert call["action"] == {
        "type": "search", "query": "cats", "queries": ["cats"],
        "sources": [
            {"type": "url", "url": "https://www.example.org/cats"},
            {"type": "url", "url": "https://de.wikipedia.org/wiki/Katze"},
        ],
    }  # fmt: skip
    assert [result["title"] for result in call["results"]] == ["Cats", "Katze"]
    assert "[cite:1] Cats\nhttps://www.example.org/cats\nA cat has four legs." in server.told
    assert message["content"][0]["text"] == (
        "Cats have four legs ([example.org](https://www.example.org/cats)). They are called Katze "
        "([de.wikipedia.org](https://de.wikipedia.org/wiki/Katze))."
    )
    assert cited(told.part) == [
        ("https://www.example.org/cats", "Cats", "([example.org](https://www.example.org/cats))"),
        ("https://de.wikipedia.org/wiki/Katze", "Katze", "([de.wikipedia.org](https://de.wikipedia.org/wiki/Katze))"),
    ]
    assert KEY not in told.raw.decode() + json.dumps([call.json for call in server.calls])


def cited(part: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each annotation: address, title, and the text that it spans."""
    return [
        (one["url"], one["title"], part["text"][one["start_index"] : one["end_index"]]) for one in part["annotations"]
    ]


@pytest.mark.recordings
def test_its_stream_is_as_recorded(tmp_path: Path, traces_dir: Path) -> None:
    """The first search of the trace, and its message with one citation: order and names are the same."""
    recorded = kinds_of(traces_dir / "openai" / "openai-web-search-tool.1.chunks.txt")
    thought = reasoning("Hm.")
    script = [thought + CATS, reasoning("So.") + text("Cats ", "[cite:1]", " purr.")]
    with searching(tmp_path, "searxng", status(200, SEARXNG), script) as server:
        told = server.ask(tools=[WEB])
    own = [name for name in kinds_of(told.events) if "reasoning_text" not in name]
    own = [name for name in own if not (name.startswith("content_part") and own[0] == name)]
    search = [name for name in recorded if "web_search_call" in name][:5]
    assert [name for name in own if "web_search_call" in name] == search
    assert search == ["output_item.added web_search_call", *SEARCHED, "output_item.done web_search_call"]
    message = recorded.index("output_item.added message")
    shape = ["output_item.added message", "content_part.added", "output_text.delta", "output_text.annotation.added"]
    assert recorded[message : message + 4] == shape
    begun = own.index("output_item.added message")
    assert own[begun : begun + 4] == shape
    assert own[-5:] == recorded[-5:]


@pytest.mark.parametrize(
    "tool",
    [WEB, {"type": "web_search_2025_08_26"}, {"type": "web_search_preview"}, {"type": "web_search_preview_2025_03_11"}],
    ids=lambda tool: str(tool["type"]),
)
def test_every_name_of_the_tool_is_one_function(tmp_path: Path, tool: dict[str, str]) -> None:
    with searching(tmp_path, "searxng", status(200, SEARXNG), [CATS, text("Cats.")]) as server:
        # The API's own choice has only the older names, and any of them means the tool.
        choice = tool["type"] if "preview" in tool["type"] else "web_search_preview"
        told = server.ask(tools=[tool], tool_choice={"type": choice})
        first, second = server.calls
    assert [one["function"]["name"] for one in first.json["tools"]] == ["web_search"]
    assert first.json["tool_choice"] in ({"type": "function", "function": {"name": "web_search"}}, "required")
    assert "tool_choice" not in second.json
    assert [item["type"] for item in told.output] == ["web_search_call", "message"]
    assert "sources" not in told.output[0]["action"]
    assert "results" not in told.output[0]
    assert told.part["annotations"] == []


BROKEN = [
    ("down", hang_up(), "can't be reached"),
    ("slow", never(), "longer than 0.2 s"),
    ("refusing", status(401, {"error": f"bad key {KEY}"}), "status 401"),
    ("a web page", status(200, "<html>no</html>"), "isn't JSON"),
    ("another form", status(200, {"results": "many"}), "isn't its own"),
    ("a list", status(200, [1]), "isn't its own"),
    ("megabytes", raw([b'{"results": "' + b"x" * 600_000] * 9), "more than 4 MiB"),
]


@pytest.mark.parametrize(("found", "why"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_service_that_fails_is_a_failed_call_and_the_loop_goes_on(tmp_path: Path, found: Reply, why: str) -> None:
    with searching(tmp_path, "searxng", found, [CATS, text("I don't know.")], more="timeout = 0.2") as server:
        told = server.ask(tools=[WEB], include=["web_search_call.action.sources"])
    assert told.kinds[:4] == ["output_item.added", *SEARCHED[:2], "output_item.done"]
    call, message = told.output
    assert (call["status"], call["action"]["query"]) == ("failed", "cats")
    assert message["content"][0]["text"] == "I don't know."
    assert told.final["status"] == "completed"
    assert server.told.startswith("The call failed: ")
    assert why in server.told
    assert KEY not in told.raw.decode() + server.told


def test_a_service_that_is_busy_is_asked_again(tmp_path: Path) -> None:
    busy = [status(429, headers={"retry-after-ms": "1"}), status(200, SEARXNG)]
    with searching(tmp_path, "searxng", lambda _: busy.pop(0), [CATS, text("Cats.")]) as server:
        told = server.ask(tools=[WEB])
    assert told.output[0]["status"] == "completed"
    assert busy == []


def test_searches_of_one_turn_are_made_at_once_and_shown_in_order(tmp_path: Path) -> None:
    gate = Gate()

    def found(request: Request) -> Reply:
        """The first is answered when the second was asked."""
        if "dogs" in request.path:
            gate.open()
            return status(200, SEARXNG)
        return status(200, SEARXNG).held(gate)

    both = tool_call("web_search", '{"query": "cats"}', id="a") + tool_call("web_search", '{"query": "dogs"}', id="b")
    script = [both, text("See [cite:3] and [cite:4].")]
    with searching(tmp_path, "searxng", found, script) as server:
        told = server.ask(tools=[WEB])
    assert [item["action"]["query"] for item in told.output[:-1]] == ["cats", "dogs"]
    assert told.kinds[:10] == ["output_item.added", *SEARCHED, "output_item.done"] * 2
    # Numbers go on over the calls: three pages of the first search, and then the second's.
    assert [url for url, _, _ in cited(told.part)] == ["https://other.net/x", "https://www.example.org/cats"]


def test_several_queries_are_one_call(tmp_path: Path) -> None:
    call = tool_call("web_search", {"queries": ["cats", "dogs", "cats"]})
    with searching(tmp_path, "searxng", status(200, SEARXNG), [call, text("Ok.")]) as server:
        told = server.ask(tools=[WEB])
        asked = sorted(query(one)["q"] for one in server.upstream.requests if one.path.startswith("/search"))
    assert asked == ["cats", "dogs"]
    assert told.output[0]["action"]["queries"] == ["cats", "dogs"]
    assert server.told.count("https://www.example.org/cats") == 1


def test_a_call_without_a_query_is_told_so(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", status(200, SEARXNG), [tool_call("web_search", "{}"), text("Ok.")]) as server:
        told = server.ask(tools=[WEB])
    assert told.output[0]["status"] == "failed"
    assert "has no query" in server.told


def test_nothing_found_is_said(tmp_path: Path) -> None:
    with searching(tmp_path, "brave", status(200, {"type": "search"}), [CATS, text("Hm.")]) as server:
        told = server.ask(tools=[WEB], include=["web_search_call.action.sources"])
    assert told.output[0]["action"]["sources"] == []
    assert told.output[0]["status"] == "completed"
    assert "Nothing was found" in server.told


def test_what_was_found_can_be_asked_for_later(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", status(200, SEARXNG), [CATS, text("Cats.")]) as server:
        made = server.ask(tools=[WEB])
        plain = server.client.responses.retrieve(made.final["id"])
        whole = server.client.responses.retrieve(
            made.final["id"], include=["web_search_call.action.sources", "web_search_call.results"]
        )
    assert plain.output[0].to_dict() == made.output[0]
    shown: dict[str, Any] = whole.output[0].to_dict()
    assert [one["url"] for one in shown["action"]["sources"]] == [one["url"] for one in SEARXNG["results"]]
    assert shown["results"]


def test_an_answer_that_must_be_json_is_left_as_it_is(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"legs": {"type": "integer"}},
        "required": ["legs"],
        "additionalProperties": False,
    }
    form = {"format": {"type": "json_schema", "name": "cat", "strict": True, "schema": schema}}
    with searching(tmp_path, "searxng", status(200, SEARXNG), [CATS, text('{"legs": 4}')]) as server:
        told = server.ask(tools=[WEB], text=form)
    assert "[cite:" not in server.told
    assert "https://www.example.org/cats" in server.told
    assert (told.part["text"], told.part["annotations"]) == ('{"legs": 4}', [])


def test_a_link_to_a_source_is_a_citation_too(tmp_path: Path) -> None:
    answer = text("Four legs, says [Exam", "ple](https://www.example.org/cats), not [Else](https://else.org).")
    with searching(tmp_path, "searxng", status(200, SEARXNG), [CATS, answer]) as server:
        told = server.ask(tools=[WEB])
    link = "[Example](https://www.example.org/cats)"
    assert cited(told.part) == [("https://www.example.org/cats", "Cats", link)]
    assert told.part["text"] == f"Four legs, says {link}, not [Else](https://else.org)."


def test_the_searches_of_a_response_are_told_in_the_next(tmp_path: Path) -> None:
    script = [CATS, text("Cats [cite:1]."), text("You're welcome.")]
    with searching(tmp_path, "searxng", status(200, SEARXNG), script) as server:
        first = server.ask(tools=[WEB], include=["web_search_call.action.sources"])
        server.ask(input="Thanks.", previous_response_id=first.final["id"])
        messages = server.calls[-1].json["messages"]
    assert messages[1]["tool_calls"][0]["function"] == {"name": "web_search", "arguments": '{"query":"cats"}'}
    assert "https://www.example.org/cats" in messages[2]["content"]
    assert messages[3]["content"] == "Cats ([example.org](https://www.example.org/cats))."


def test_without_a_service_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        tool_server(tmp_path, "", upstream) as server,
        pytest.raises(openai.BadRequestError) as refused,
    ):
        server.ask(tools=[{"type": "function", "name": "f", "parameters": {}}, WEB])
    assert refused.value.param == "tools[1]"
    assert refused.value.code == "tool_not_configured"
    assert "[tools.web_search]" in refused.value.message


def test_who_may_not_go_out_is_not_offered_it(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", status(200, SEARXNG), [text("Ok.")]) as server:
        answer = server.client.responses.with_raw_response.create(
            model="up/m", input="Hi.", tools=[{"type": "web_search", "external_web_access": False}]
        )
        assert answer.headers["antiphon-ignored"] == "tools[0]"
        assert "tools" not in server.calls[0].json


@pytest.mark.parametrize(
    ("backend", "answer"), [(name, answer) for name, _, answer, _ in SERVICES], ids=[one[0] for one in SERVICES]
)
def test_a_search_is_recorded_without_its_key_and_replayed_without_a_service(
    tmp_path: Path, backend: str, answer: Any
) -> None:
    tape = tmp_path / "tape.jsonl"
    script = [CATS, text("Cats [cite:1].")]
    found = status(200, {**answer, "echo": KEY})
    with searching(tmp_path, backend, found, script, cassette=str(tape), mode="record") as server:
        recorded = server.ask(tools=[WEB])
    assert KEY.encode() not in tape.read_bytes()
    toml = (tmp_path / "antiphon.toml").read_text()
    with (
        ScriptedUpstream(models=["m"]) as nobody,
        tool_server(tmp_path, toml, nobody, cassette=str(tape), mode="replay") as server,
    ):
        replayed = server.ask(tools=[WEB])
        assert nobody.requests == []
    assert replayed.raw == recorded.raw
    assert cited(replayed.part)[0][0] == "https://www.example.org/cats"
