"""Stored responses taken home as cassettes: replayed to the official client, they give the same output."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from mcp_servers import serving, workshop
from running_server import RunningServer, running_server

from antiphon.cli import main
from antiphon.testing import ScriptedUpstream, raw, reasoning, refusal, text, tool_call

Json = dict[str, Any]

WEATHER = {
    "type": "function", "name": "weather", "description": "The weather.", "strict": True,
    "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
}  # fmt: skip
BROKEN = raw(
    [
        b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"It is "}}]}\n\n',
        b'data: {"error":{"message":"The model fell over.","code":"500"}}\n\n',
    ],
    headers={"content-type": "text/event-stream"},
)


def bare(items: list[Json]) -> list[Json]:
    """Output items without the ids that are new in each answer, and without the nulls that a client adds."""
    return [{name: value for name, value in item.items() if name != "id" and value is not None} for item in items]


@dataclass
class Production:
    """A server that has answered: its database and the responses by a word."""

    folder: Path
    upstream: str
    made: dict[str, Json]

    def take(self, word: str, out: Path, **more: str) -> int:
        """Run `from-response`."""
        flags = [part for name, value in more.items() for part in (f"--{name}", value)]
        database = f"sqlite:///{self.folder}/kept.db"
        words = ["cassette", "from-response", self.made[word]["id"], "--db", database, "--out", str(out), *flags]
        return main(words, {})


async def mcp_answer(server: RunningServer) -> Json:
    async with serving(workshop().app("streamable")) as base, server.async_client() as client:
        tool: Any = {"type": "mcp", "server_label": "shop", "server_url": f"{base}/mcp", "require_approval": "never"}
        asked = await client.responses.create(model="up/m", input="What is 2 + 3?", tools=[tool])
        shown: Json = json.loads(asked.to_json(exclude_unset=False))
        return shown


SCRIPT = (
    reasoning("Hm, ", "well.") + text("Hello, ", "Ann!", usage=(7, 5)),
    text("You said hello."),
    tool_call("weather", '{"at": "here"}', id="call_7") + tool_call("weather", "{}", id="call_8"),
    text("It is a", usage=(3, 2), finish="length"),
    BROKEN,
    refusal("No."),
    text("One."),
    text("Two."),
    text("Let me see. ") + tool_call("add", '{"a": 2, "b": 3}'),
    tool_call("fail", "{}"),
    text("It is 5."),
)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    with (
        ScriptedUpstream(*SCRIPT, models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", folder=folder) as server,
    ):

        def ask(words: str, **more: Any) -> Json:
            return server.post({"model": "up/m", "input": words, **more}).response

        made = {"thinking": ask("Hello?", instructions="Be kind.", temperature=0.5)}
        made["chained"] = ask("What did I say?", previous_response_id=made["thinking"]["id"])
        made["calls"] = ask("How is it?", tools=[WEATHER], tool_choice="required")
        made["cut"] = ask("How is it?", max_output_tokens=16)
        made["failed"] = ask("Break!")
        made["refused"] = ask("Tell!")
        talk = server.client.conversations.create().id
        made["first"] = ask("One?", conversation=talk)
        made["second"] = ask("Two?", conversation=talk)
        made["mcp"] = asyncio.run(mcp_answer(server))
        yield Production(folder, upstream.url, made)


@pytest.mark.timeout(120)
def test_a_response_taken_home_is_given_again(production: Production, tmp_path: Path) -> None:
    for word in production.made:
        assert production.take(word, tmp_path / "taken" / f"{word}.jsonl") == 0, word
    assert production.made["failed"]["status"] == "failed"
    assert [item["type"] for item in production.made["mcp"]["output"]] == [
        "mcp_list_tools", "message", "mcp_call", "mcp_call", "message",
    ]  # fmt: skip
    with running_server("--cassette", str(tmp_path / "taken"), "--mode", "replay", folder=tmp_path) as server:
        for word, stored in production.made.items():
            request: Any = json.loads((tmp_path / "taken" / f"{word}.request.json").read_bytes())
            answer = server.client.responses.create(**request)
            given = json.loads(answer.to_json(exclude_unset=False))
            assert bare(given["output"]) == bare(stored["output"]), word
            assert given["status"] == stored["status"]
            assert bare([given["error"] or {}]) == bare([stored["error"] or {}])
            assert bool(given["usage"]) == bool(stored["usage"])
            if stored["usage"]:
                assert given["usage"]["total_tokens"] == stored["usage"]["total_tokens"]
        # As the program that was in production would ask, too.
        weather: Any = WEATHER
        asked = server.client.responses.create(
            model="up/m", input="How is it?", tools=[weather], tool_choice="required"
        )
        assert [item.type for item in asked.output] == ["function_call", "function_call"]
        with pytest.raises(openai.NotFoundError, match="has no answer"):
            server.client.responses.create(model="up/m", input="Another question")


def test_what_cannot_be_taken_is_told(
    production: Production, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    assert (
        main(["cassette", "from-response", "resp_none", "--db", f"sqlite:///{tmp_path}/no.db", "--out", str(out)], {})
        == 2
    )
    assert "There is no database" in capsys.readouterr().err
    assert production.take("thinking", out, project="another") == 2
    assert production.made["thinking"]["id"] in capsys.readouterr().err
    assert not out.exists()
    assert production.take("thinking", out, upstream=f"up={production.upstream}") == 0
    assert "1 interactions in" in capsys.readouterr().out
    assert production.upstream in out.read_text()
    assert production.take("thinking", out) == 2
