"""What a model thought comes back to it: through the store, through a client that carries it, within one answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp_servers import serving, workshop
from official import plain
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import Reply, ScriptedUpstream, reasoning, text, tool_call

Json = dict[str, Any]

SEALED = ["reasoning.encrypted_content"]
THOUGHT = "Hm, well."
CALL = reasoning("Hm, ", "well.") + tool_call("add", '{"a": 2, "b": 3}')
TOOL: Json = {"type": "function", "name": "add", "parameters": {"type": "object"}}
KEYS = ["a" * 32, "b" * 32]


def sdk(scene: Scene) -> Any:
    """The official client; what it is sent is JSON."""
    return scene.server.client


def carried(scene: Scene, *, stream: bool = False, model: str = "scripted/m", reply: Reply = CALL) -> list[Json]:
    """The items of an answer that nobody stores, as a client keeps them: sealed, without their words."""
    scene.play(reply)
    body: Json = {"model": model, "input": "2 + 3?", "tools": [TOOL], "store": False, "include": SEALED}
    if stream:
        *_, last = sdk(scene).responses.create(**body, stream=True)
        output = last.response.output
    else:
        output = sdk(scene).responses.create(**body).output
    return [plain(item) | ({"content": []} if item.type == "reasoning" else {}) for item in output]


def went_on(scene: Scene, items: list[Json], model: str = "scripted/m") -> Any:
    output = {"type": "function_call_output", "call_id": "call_1", "output": "5"}
    scene.play(text("It is 5."))
    said = [{"role": "user", "content": "2 + 3?"}, *items, output]
    return sdk(scene).responses.with_raw_response.create(model=model, input=said, store=False, tools=[TOOL])


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("model", ["scripted/m", "ollama/m"])
def test_a_client_that_stores_nothing_here_carries_the_thinking_sealed(
    scene: Scene, model: str, *, stream: bool
) -> None:
    thought, call = carried(scene, stream=stream, model=model)
    assert THOUGHT not in thought["encrypted_content"]
    answer = went_on(scene, [thought, call], model)
    assert answer.parse().output_text == "It is 5."
    assert "antiphon-ignored" not in answer.headers
    said = scene.calls[-1].json["messages"][1]
    assert said["reasoning"] == THOUGHT
    assert [called["id"] for called in said["tool_calls"]] == ["call_1"]


def test_nothing_is_sealed_that_nobody_asked_for(scene: Scene) -> None:
    scene.play(reasoning(THOUGHT) + text("Hello!"))
    answer = scene.stream()
    assert "encrypted_content" not in answer.output[0]
    assert scene.server.get(f"/responses/{answer.response['id']}").json == answer.response


@pytest.mark.parametrize(
    "seal", ["", "gAAAAABpPDIUph8czEXzDePC", "a1.00000000.AAAA"], ids=["changed", "another server's", "a lost key's"]
)
def test_a_seal_that_cannot_be_opened_is_left_out_and_the_header_says_so(scene: Scene, seal: str) -> None:
    thought, call = carried(scene)
    changed = thought["encrypted_content"][:-9] + "A" * 9
    answer = went_on(scene, [{**thought, "encrypted_content": seal or changed}, call])
    assert answer.parse().output_text == "It is 5."
    assert answer.headers["antiphon-ignored"] == "input[1]"
    assert "reasoning" not in scene.calls[-1].json["messages"][1]


def test_a_call_whose_thinking_is_missing_and_thinking_whose_call_is_missing(scene: Scene) -> None:
    thought, call = carried(scene)
    assert went_on(scene, [call]).parse().output_text == "It is 5."
    scene.play(text("Yes?"))
    answer = scene.answer(input=[thought, {"role": "user", "content": "Hello?"}], store=False)
    assert answer.text == "Yes?"
    assert answer.headers["antiphon-ignored"] == "input[0]"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking", None])
def test_what_was_thought_in_an_answer_goes_back_with_the_next_one(scene: Scene, field: str | None) -> None:
    said = reasoning(THOUGHT, field=field) + text("Hello!") if field else text(f"<think>{THOUGHT}</think>Hello!")
    scene.play(said, text("Again."))
    first = scene.server.client.responses.create(model="ollama/m", input="Hello?")
    scene.server.client.responses.create(model="ollama/m", input="Hello?", previous_response_id=first.id)
    assert scene.calls[-1].json["messages"][1] == {"role": "assistant", "content": "Hello!", "reasoning": THOUGHT}


async def test_what_was_thought_before_a_call_of_the_servers_goes_back_within_the_answer(scene: Scene) -> None:
    scene.play(reasoning(THOUGHT) + tool_call("add", '{"a": 2, "b": 3}'), reasoning("So.") + text("It is 5."))
    async with serving(workshop().app("streamable")) as base, scene.server.async_client() as client:
        tool: Any = {"type": "mcp", "server_label": "s", "server_url": f"{base}/mcp", "require_approval": "never"}
        answer = await client.responses.create(
            model="ollama/m", input="2 + 3?", tools=[tool], include=["reasoning.encrypted_content"]
        )
    kinds = [item.type for item in answer.output]
    assert kinds == ["mcp_list_tools", "reasoning", "mcp_call", "reasoning", "message"]
    assert scene.calls[-1].json["messages"][1]["reasoning"] == THOUGHT
    sealed = [item.encrypted_content for item in answer.output if item.type == "reasoning"]
    assert len(set(sealed)) == 2
    assert None not in sealed


def test_a_stored_answer_is_shown_with_a_seal_where_that_is_asked_for(scene: Scene) -> None:
    scene.play(reasoning(THOUGHT) + text("Hello!"), text("Again."))
    first = scene.server.client.responses.create(model="scripted/m", input="Hello?")
    kept = scene.server.client.responses.retrieve(first.id, include=["reasoning.encrypted_content"])
    assert kept.output[0].type == "reasoning"
    thought = plain(kept.output[0])
    scene.answer(input=[{**thought, "content": []}, plain(kept.output[1])], store=False)
    assert scene.calls[-1].json["messages"][0]["reasoning"] == THOUGHT


# --- keys ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def up() -> Iterator[tuple[ScriptedUpstream, Stage]]:
    stage = Stage()
    with ScriptedUpstream(default=stage) as upstream:
        yield upstream, stage


def acted(server: RunningServer, up: tuple[ScriptedUpstream, Stage]) -> Scene:
    upstream, stage = up
    return Scene(server, upstream, stage.script)


def test_keys_are_changed_without_losing_what_was_sealed(up: tuple[ScriptedUpstream, Stage], tmp_path: Path) -> None:
    flags = ("--upstream", f"scripted={up[0].url}", "--db", "memory://")
    old, new = KEYS
    with running_server(*flags, variables={"ANTIPHON_SEALING_KEYS": old}) as server:
        items = carried(acted(server, up))
    (tmp_path / "keys").write_text(f"{new}\n{old}\n")
    (tmp_path / "keys").chmod(0o600)
    with running_server(*flags, "--sealing-key-file", str(tmp_path / "keys")) as server:
        scene = acted(server, up)
        assert "antiphon-ignored" not in went_on(scene, items).headers
        newer = carried(scene)
        assert newer[0]["encrypted_content"][:11] != items[0]["encrypted_content"][:11]
    with running_server(*flags, variables={"ANTIPHON_SEALING_KEYS": new}) as server:
        scene = acted(server, up)
        assert "antiphon-ignored" not in went_on(scene, newer).headers
        assert went_on(scene, items).headers["antiphon-ignored"] == "input[1]"


def test_a_server_that_was_given_no_key_opens_its_seals_after_a_restart(
    up: tuple[ScriptedUpstream, Stage], tmp_path: Path
) -> None:
    flags = ("--upstream", f"scripted={up[0].url}", "--db", f"sqlite:///{tmp_path / 'kept.db'}")
    with running_server(*flags) as server:
        items = carried(acted(server, up))
    assert (tmp_path / "sealing.key").stat().st_mode & 0o777 == 0o600
    with running_server(*flags) as server:
        assert "antiphon-ignored" not in went_on(acted(server, up), items).headers


def test_a_recorded_session_with_seals_is_replayed_byte_for_byte(
    up: tuple[ScriptedUpstream, Stage], tmp_path: Path
) -> None:
    tape = ("--upstream", f"scripted={up[0].url}", "--cassette", str(tmp_path / "tape.jsonl"))
    bodies: list[list[bytes]] = []
    for mode in ("record", "replay"):
        variables = {"ANTIPHON_SEALING_KEYS": KEYS[0]} if mode == "replay" else None
        with running_server(*tape, "--mode", mode, variables=variables) as server:
            scene = acted(server, up)
            scene.play(CALL, text("It is 5."))
            said: Json = {"tools": [TOOL], "store": False, "include": SEALED}
            first = scene.stream(**said)
            items = [{**item, "content": []} if item["type"] == "reasoning" else item for item in first.output]
            output = {"type": "function_call_output", "call_id": "call_1", "output": "5"}
            second = scene.answer(input=[*items, output], **said)
            assert second.text == "It is 5."
            bodies.append([first.body, second.body])
    assert bodies[0] == bodies[1]


async def test_what_is_said_before_a_call_is_commentary_and_what_is_said_in_the_end_the_answer(scene: Scene) -> None:
    scene.play(text("Let me add.") + tool_call("add", '{"a": 2, "b": 3}'), text("It is 5."))
    async with serving(workshop().app("streamable")) as base, scene.server.async_client() as client:
        tool: Any = {"type": "mcp", "server_label": "s", "server_url": f"{base}/mcp", "require_approval": "never"}
        answer = await client.responses.create(model="scripted/m", input="2 + 3?", tools=[tool])
    assert [item.type for item in answer.output] == ["mcp_list_tools", "message", "mcp_call", "message"]
    assert [item.phase for item in answer.output if item.type == "message"] == ["commentary", "final_answer"]


def test_a_summary_is_the_thinking_itself_where_the_operator_says_so(
    up: tuple[ScriptedUpstream, Stage], tmp_path: Path
) -> None:
    (tmp_path / "antiphon.toml").write_text('[models."scripted/*"]\nreasoning_summary = "text"\n')
    with running_server("--upstream", f"scripted={up[0].url}", "--db", "memory://", folder=tmp_path) as server:
        scene = acted(server, up)
        scene.play(reasoning("Hm, ", "well.") + text("Hello!"), text("Again."))
        asked: Json = {"model": "scripted/m", "input": "Hello?", "reasoning": {"summary": "auto"}}
        with sdk(scene).responses.stream(**asked) as stream:
            kinds = [event.type for event in stream]
            thought = stream.get_final_response().output[0]
        assert [part.text for part in thought.summary] == [THOUGHT]
        assert kinds.count("response.reasoning_summary_text.delta") == 2
        body = [{"role": "user", "content": "Hello?"}, plain(thought), {"role": "assistant", "content": "Hello!"}]
        sdk(scene).responses.create(model="scripted/m", input=[*body, {"role": "user", "content": "And?"}])
        assert scene.calls[-1].json["messages"][1]["reasoning"] == THOUGHT
