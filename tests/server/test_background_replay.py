"""Responses in the background under a cassette: recorded once, they come back to the byte, as often as they are followed."""

import asyncio
from pathlib import Path
from typing import Any

from mcp_servers import PATHS, serving, workshop
from running_server import Answer, Json, RunningServer, running_server
from server.test_replay import FUNCTION, same

from antiphon.testing import ScriptedUpstream, check_stream, text, tool_call

SCRIPT = (
    tool_call("add", '{"a": 2, "b": 3}') + tool_call("fail", "{}", id="call_2"),
    tool_call("f", '{"at": "here"}', id="call_3", pieces=3),
    text("It is", " 5."),
    tool_call("add", '{"a": 4, "b": 4}'),
    text("It is", " 8."),
)


def session(server: RunningServer, shop: Json) -> list[Answer]:
    """A response that calls a server's tools and then the client's, one that goes on from it, and one that is polled."""
    asked: Json = {"model": "up/m", "input": "Hello?", "tools": [shop, FUNCTION], "background": True}
    first = server.post({**asked, "stream": True})
    output = {"type": "function_call_output", "call_id": first.output[-1]["call_id"], "output": "42"}
    went_on = {**asked, "input": [output], "previous_response_id": first.response["id"]}
    second = server.post({**went_on, "stream": True})
    queued = server.post({**asked, "input": "And 4 + 4?"})
    made = [first.response["id"], second.response["id"], queued.json["id"]]
    return [first, second, queued, *(answer for response_id in made for answer in followed(server, response_id))]


def followed(server: RunningServer, response_id: str) -> list[Answer]:
    """Its stream from the start, from some numbers on, and padded; then the response and what was asked."""
    path = f"/responses/{response_id}"
    whole = server.get(path, stream="true")
    numbers = (0, 7, len(whole.events) - 2)
    parts = [server.get(path, stream="true", starting_after=number) for number in numbers]
    for number, part in zip(numbers, parts, strict=True):
        assert part.events == whole.events[number + 1 :]
    padded = server.get(path, stream="true", include_obfuscation="true")
    final = server.get(path)
    assert check_stream(whole.events) == final.json
    return [whole, *parts, padded, final, server.get(f"{path}/input_items")]


async def test_the_recording_and_every_replay_give_the_same_bytes(tmp_path: Path) -> None:
    tape = str(tmp_path / "tape.jsonl")
    async with serving(workshop().app("streamable")) as base:
        shop: Any = {"type": "mcp", "server_label": "shop", "server_url": base + PATHS["streamable"]}
        shop["require_approval"] = "never"
        with ScriptedUpstream(*SCRIPT, models=["m"]) as upstream:
            flags = ("--upstream", f"up={upstream.url}", "--cassette", tape)
            with running_server(*flags, "--mode", "record") as server:
                recorded = await asyncio.to_thread(session, server, shop)
            assert sum(request.method == "POST" for request in upstream.requests) == len(SCRIPT)
    assert [answer.text for answer in (recorded[1], recorded[-2])] == ["It is 5.", "It is 8."]
    assert [item["output"] for item in recorded[0].output if item["type"] == "mcp_call"] == ["5", None]
    for _ in range(2):
        with running_server(*flags, "--mode", "replay") as server:
            replayed = await asyncio.to_thread(session, server, shop)
        assert [same(answer) for answer in replayed] == [same(answer) for answer in recorded]
