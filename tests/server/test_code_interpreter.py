"""code_interpreter against a running server, with the official client: its stream, its containers, record and replay."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest
from running_server import running_server
from sandboxes import jailed, real, table, unguarded
from tool_server import ToolServer, tool_server

from antiphon.testing import Reply, Request, ScriptedUpstream, text, tool_call
from antiphon.tools.code.descendants import tree

AUTO = {"type": "code_interpreter", "container": {"type": "auto"}}
OUTPUTS = ["code_interpreter_call.outputs"]
CALL = "code_interpreter_call"


def python(code: str, **more: Any) -> Reply:
    return tool_call("python", json.dumps({"code": code, **more}))


@contextmanager
def coding(folder: Path, *script: Reply, **flags: Any) -> Iterator[ToolServer]:
    """A server whose sandbox keeps nothing in, and a model that says `script`."""
    with (
        ScriptedUpstream(*script, models=["m"]) as upstream,
        tool_server(folder, table(unguarded(folder)), upstream, **flags) as server,
    ):
        yield server


def test_a_call_streams_its_code_and_shows_what_it_came_to(tmp_path: Path) -> None:
    with coding(tmp_path, python("print('hi')\n2 + 3"), text("Five.")) as server:
        told = server.ask(tools=[AUTO], include=OUTPUTS)
    call, message = told.output
    assert call == {
        "id": call["id"], "type": CALL, "status": "completed", "code": "print('hi')\n2 + 3",
        "container_id": call["container_id"], "outputs": [{"type": "logs", "logs": "hi\n5"}],
    }  # fmt: skip
    assert call["id"].startswith("ci_")
    assert call["container_id"].startswith("cntr_")
    assert message["content"][0]["text"] == "Five."
    assert server.told == "hi\n5"
    kinds = [kind for kind in told.kinds if "code_interpreter" in kind]
    kinds = [kind for index, kind in enumerate(kinds) if not kind.endswith("delta") or kinds[index - 1] != kind]
    assert kinds == [
        f"{CALL}.in_progress",
        f"{CALL}_code.delta",
        f"{CALL}_code.done",
        f"{CALL}.interpreting",
        f"{CALL}.completed",
    ]
    deltas = [event["delta"] for event in told.events if event["type"].endswith("code.delta")]
    assert "".join(deltas) == call["code"]


def test_variables_live_on_in_the_container_of_the_conversation(tmp_path: Path) -> None:
    script = [python("x = 20"), text("Set."), python("x + 1"), text("21."), python("x"), text("?")]
    with coding(tmp_path, *script) as server:
        first = server.ask(tools=[AUTO])
        second = server.ask(tools=[AUTO], previous_response_id=first.final["id"])
        assert server.told == "21"
        other = server.ask(tools=[AUTO])
    assert "NameError" in server.told
    containers = [told.output[0]["container_id"] for told in (first, second, other)]
    assert containers[0] == containers[1] != containers[2]
    assert [told.output[0]["outputs"] for told in (first, second)] == [None, None]


def test_a_later_request_tells_the_model_of_the_code_before(tmp_path: Path) -> None:
    with coding(tmp_path, python("1/0"), text("Oh."), text("Well.")) as server:
        first = server.ask(tools=[AUTO])
        assert first.output[0]["outputs"] is None
        server.ask(tools=[AUTO], previous_response_id=first.final["id"])
    said = server.calls[-1].json["messages"]
    assert json.loads(said[1]["tool_calls"][0]["function"]["arguments"]) == {"code": "1/0"}
    assert "ZeroDivisionError" in said[2]["content"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("print(7)", "print(7)"),
        ("", ""),
        ('{"input": "print(7)"}', "print(7)"),
        ('{"seconds": 3, "code": "print(\\"\\u00e9\\")"}', 'print("é")'),
    ],
)
def test_arguments_of_any_form_are_code(tmp_path: Path, arguments: str, code: str) -> None:
    with coding(tmp_path, tool_call("python", arguments), text("So.")) as server:
        call = server.ask(tools=[AUTO], include=OUTPUTS).output[0]
    assert call["code"] == code
    assert call["status"] == ("completed" if code else "failed")
    assert ("no code" in server.told) is not code.startswith("print")


def test_code_that_is_cut_off_is_not_run(tmp_path: Path) -> None:
    cut = replace(tool_call("python", '{"code": "print(1)'), finish="length")
    with coding(tmp_path, cut) as server:
        told = server.ask(tools=[AUTO])
    assert told.final["status"] == "incomplete"
    assert told.output[0]["status"] == "incomplete"
    assert told.output[0]["code"] == "print(1)"


def test_not_set_up_is_told(tmp_path: Path) -> None:
    with ScriptedUpstream(models=["m"]) as upstream, tool_server(tmp_path, "", upstream) as server:
        with pytest.raises(openai.BadRequestError, match=r"\[tools.code_interpreter\]") as refused:
            server.client.responses.create(model="up/m", input="?", tools=[AUTO])  # type: ignore[list-item] # as JSON
        assert refused.value.param == "tools[0]"
        with pytest.raises(openai.BadRequestError, match="code_interpreter isn't set up"):
            server.client.containers.list()


@pytest.mark.parametrize("container", [None, 3, {"type": "auto", "memory_limit": "2g"}, {"type": "mine"}])
def test_a_container_must_be_one(tmp_path: Path, container: Any) -> None:
    tool: Any = {"type": "code_interpreter", "container": container}
    with coding(tmp_path) as server, pytest.raises(openai.BadRequestError) as refused:
        server.client.responses.create(model="up/m", input="?", tools=[tool])
    assert str(refused.value.param).startswith("tools[0].container")


def test_what_of_a_container_cant_be_honoured_is_noted(tmp_path: Path) -> None:
    policy = {"type": "allowlist", "allowed_domains": ["example.org"]}
    container = {"type": "auto", "network_policy": policy}
    with coding(tmp_path, text("Hi.")) as server:
        tool: Any = {"type": "code_interpreter", "container": container}
        answer = server.client.responses.with_raw_response.create(model="up/m", input="?", tools=[tool])
    assert answer.headers["antiphon-ignored"] == "tools[0].container.network_policy"


def test_a_container_of_the_clients_own_and_its_files(tmp_path: Path) -> None:
    script = [python("open('out.txt', 'w').write(open('in.txt').read().upper())"), text("Done.")]
    with coding(tmp_path, *script) as server:
        client = server.client
        made = client.containers.create(
            name="mine", memory_limit="1g", expires_after={"anchor": "last_active_at", "minutes": 5}
        )
        assert (made.name, made.memory_limit, made.status) == ("mine", "1g", "running")
        assert made.expires_after is not None
        assert made.expires_after.minutes == 5
        sent = client.containers.files.create(made.id, file=("in.txt", b"a\r\nb\0\xff--"))
        assert (sent.path, sent.bytes, sent.source) == ("/mnt/data/in.txt", 8, "user")
        assert client.containers.files.content.retrieve(sent.id, container_id=made.id).read() == b"a\r\nb\0\xff--"
        client.containers.files.create(made.id, file=("in.txt", b"abc"))
        told = server.ask(tools=[{"type": "code_interpreter", "container": made.id}])
        assert told.output[0]["container_id"] == made.id
        files = {file.path: file for file in client.containers.files.list(made.id)}
        out = files["/mnt/data/out.txt"]
        assert (out.bytes, out.source, out.object) == (3, "assistant", "container.file")
        assert client.containers.files.retrieve(out.id, container_id=made.id).model_dump() == out.model_dump()
        assert client.containers.files.content.retrieve(out.id, container_id=made.id).read() == b"ABC"
        client.containers.files.delete(out.id, container_id=made.id)
        with pytest.raises(openai.NotFoundError):
            client.containers.files.retrieve(out.id, container_id=made.id)
        assert [one.id for one in client.containers.list()] == [made.id]
        assert client.containers.retrieve(made.id).id == made.id
        client.containers.delete(made.id)
        with pytest.raises(openai.NotFoundError, match="doesn't exist, or has expired"):
            client.containers.retrieve(made.id)


def test_files_that_code_wrote_can_be_cited(tmp_path: Path) -> None:
    script = [python("open('out.txt', 'w').write('abc')"), text("It is in ", "[cite:1]", ".")]
    with coding(tmp_path, *script) as server:
        told = server.ask(tools=[AUTO])
        (citation,) = told.part["annotations"]
        content = server.client.containers.files.content.retrieve(
            citation["file_id"], container_id=citation["container_id"]
        )
        assert content.read() == b"abc"
    assert told.part["text"] == "It is in [out.txt](sandbox:/mnt/data/out.txt)."
    assert citation["type"] == "container_file_citation"
    assert citation["filename"] == "out.txt"
    shown = told.part["text"][citation["start_index"] : citation["end_index"]]
    assert shown == "[out.txt](sandbox:/mnt/data/out.txt)"
    assert "[cite:1] The file out.txt" in server.told


def test_a_named_container_that_is_gone_is_told_before_the_model_is_asked(tmp_path: Path) -> None:
    with coding(tmp_path) as server:
        tool: Any = {"type": "code_interpreter", "container": "cntr_gone"}
        with pytest.raises(openai.NotFoundError, match="doesn't exist, or has expired") as refused:
            server.client.responses.create(model="up/m", input="?", tools=[tool])
        assert refused.value.param == "container"
        assert server.calls == []


def test_a_named_container_that_goes_while_the_model_writes_is_a_failed_call(tmp_path: Path) -> None:
    def gone(_: Request) -> Reply:
        for container in held[0].client.containers.list():
            held[0].client.containers.delete(container.id)
        return python("1")

    held: list[ToolServer] = []
    with (
        ScriptedUpstream(gone, text("Hm."), models=["m"]) as upstream,
        tool_server(tmp_path, table(unguarded(tmp_path)), upstream) as server,
    ):
        held.append(server)
        made = server.client.containers.create(name="mine")
        told = server.ask(tools=[{"type": "code_interpreter", "container": made.id}])
    assert told.output[0]["status"] == "failed"
    assert "doesn't exist, or has expired" in server.told


def test_bad_uploads_are_refused(tmp_path: Path) -> None:
    with coding(tmp_path) as server:
        made = server.client.containers.create(name="mine")
        for name in ("../up", ".."):
            with pytest.raises(openai.BadRequestError, match="can't be called"):
                server.client.containers.files.create(made.id, file=(name, b"x"))
        with pytest.raises(openai.NotFoundError, match="'file-1'") as missing:
            server.client.containers.files.create(made.id, file_id="file-1")
        assert missing.value.param == "file_id"
        with pytest.raises(openai.NotFoundError, match="'file-1'") as missing:
            server.client.containers.create(name="mine", file_ids=["file-1"])
        assert missing.value.param == "file_ids[0]"


def kept(server: ToolServer, name: str, content: bytes) -> str:
    return server.client.files.create(file=(name, content), purpose="user_data").id


def test_files_that_were_uploaded_are_put_into_a_container(tmp_path: Path) -> None:
    with coding(tmp_path) as server:
        files = [kept(server, "a.txt", b"one"), kept(server, "a.txt", b"two"), kept(server, "b.txt", b"three")]
        made = server.client.containers.create(name="mine", file_ids=files[:2])
        copied = server.client.containers.files.create(made.id, file_id=files[2])
        assert (copied.path, copied.bytes, copied.source) == ("/mnt/data/b.txt", 5, "user")
        listed = {file.path: file.id for file in server.client.containers.files.list(made.id)}
        assert sorted(listed) == sorted(f"/mnt/data/{name}" for name in ("a.txt", f"{files[1]}-a.txt", "b.txt"))
        content = server.client.containers.files.content
        assert content.retrieve(listed["/mnt/data/a.txt"], container_id=made.id).read() == b"one"


def test_files_of_a_tool_are_there_when_its_code_runs_and_stay_as_code_left_them(tmp_path: Path) -> None:
    change = "t = open('in.txt').read(); open('in.txt', 'w').write(t + '!'); t"
    with coding(tmp_path, python(change), text("Done."), python(change), text("Done.")) as server:
        file = kept(server, "in.txt", b"hello")
        tool = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file]}}
        first = server.ask(tools=[tool])
        assert server.told.startswith("'hello'\n")
        assert "Files there: in.txt." in server.upstream.requests[-1].json["tools"][0]["function"]["description"]
        server.ask(tools=[tool], previous_response_id=first.final["id"])
        assert server.told.startswith("'hello!'\n")
        tool["container"] = {"type": "auto", "file_ids": [file, "file_0"]}
        with pytest.raises(openai.NotFoundError) as missing:
            server.ask(tools=[tool])
        assert missing.value.param == "tools[0].container.file_ids[1]"


def test_a_recorded_run_replays_without_a_sandbox(tmp_path: Path) -> None:
    tape = str(tmp_path / "tape.jsonl")
    script = [python("import os; n = os.getpid(); n"), text("So."), python("n + 1"), text("More.")]

    def asked(server: ToolServer) -> list[Any]:
        first = server.ask(tools=[AUTO], include=OUTPUTS)
        second = server.ask(tools=[AUTO], include=OUTPUTS, previous_response_id=first.final["id"])
        made = server.client.containers.create(name="mine")
        server.client.containers.files.create(made.id, file=("in.txt", b"abc"))
        files = [file.model_dump() for file in server.client.containers.files.list(made.id)]
        return [*first.output, *second.output, made.model_dump(), files]

    with coding(tmp_path, *script, cassette=tape, mode="record") as server:
        recorded = asked(server)
    (tmp_path / "docker").unlink()
    toml = (tmp_path / "antiphon.toml").read_text()
    with (
        ScriptedUpstream(models=["m"]) as upstream,
        tool_server(tmp_path, toml, upstream, cassette=tape, mode="replay") as server,
    ):
        assert asked(server) == recorded
        assert not upstream.requests


def test_it_can_be_chosen_and_its_calls_are_counted(tmp_path: Path) -> None:
    twice = replace(python("1"), parts=(*python("1").parts, *tool_call("python", '{"code": "2"}', id="call_2").parts))
    with coding(tmp_path, twice, text("So.")) as server:
        told = server.ask(tools=[AUTO], tool_choice={"type": "code_interpreter"}, max_tool_calls=1, include=OUTPUTS)
    assert server.calls[0].json["tool_choice"] == {"type": "function", "function": {"name": "python"}}
    assert [item.get("status") for item in told.output] == ["completed", "failed", "completed"]
    assert told.output[0]["outputs"] == [{"type": "logs", "logs": "1"}]
    assert "max_tool_calls" in server.told
    assert "tools" not in server.calls[1].json


def test_calls_of_one_turn_run_one_after_the_other_in_their_container(tmp_path: Path) -> None:
    both = replace(
        python("n = 1"), parts=(*python("n = 1").parts, *tool_call("python", '{"code": "n + 1"}', id="call_2").parts)
    )
    with coding(tmp_path, both, text("So.")) as server:
        first, second, _ = server.ask(tools=[AUTO], include=OUTPUTS).output
    assert first["container_id"] == second["container_id"]
    assert second["outputs"] == [{"type": "logs", "logs": "2"}]


def test_the_servers_end_ends_its_sandboxes(tmp_path: Path) -> None:
    with coding(tmp_path, python("import os; os.getpid()"), text("So.")) as server:
        pid = server.ask(tools=[AUTO], include=OUTPUTS).output[0]["outputs"][0]["logs"]
        os.kill(int(pid), 0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@jailed
def test_code_runs_in_a_real_sandbox(tmp_path: Path) -> None:
    script = [python("open('/etc/shadow').read()"), text("No.")]
    with ScriptedUpstream(*script, models=["m"]) as upstream, tool_server(tmp_path, table(real()), upstream) as server:
        call = server.ask(tools=[AUTO], include=OUTPUTS).output[0]
    assert "FileNotFoundError" in call["outputs"][0]["logs"]
    assert call["status"] == "completed"


@jailed
def test_a_server_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """As its operator starts it, with its own event loop; one container rests, another is at work."""
    (tmp_path / "antiphon.toml").write_text(table(real(seconds=60)))
    script = [python("1"), text("So."), python("import time; time.sleep(60)")]
    flags = ("--db", "memory://", "--config", str(tmp_path / "antiphon.toml"))
    with (
        ScriptedUpstream(*script, models=["m"]) as upstream,
        running_server("--upstream", f"up={upstream.url}", *flags) as server,
    ):
        tool: Any = AUTO
        server.client.responses.create(model="up/m", input="?", tools=[tool])
        stream: Any = server.client.responses.create(model="up/m", input="?", tools=[tool], stream=True)
        assert next(event for event in stream if event.type.endswith("call.interpreting"))
        inside = tree(server.process.pid)[1:]
        server.process.kill()
        server.process.wait()
        stream.close()
    assert len(inside) > 4
    ends = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in inside) and time.monotonic() < ends:
        time.sleep(0.05)
    assert [pid for pid in inside if Path(f"/proc/{pid}").exists()] == []


def test_a_sandbox_that_cant_be_started_is_told(tmp_path: Path) -> None:
    toml = '[tools.code_interpreter]\nsandbox = "nsjail"\nprogram = "/nonexistent/nsjail"\n'
    with (
        ScriptedUpstream(python("1"), text("Sorry."), models=["m"]) as upstream,
        tool_server(tmp_path, toml, upstream) as server,
    ):
        told = server.ask(tools=[AUTO], include=OUTPUTS)
    assert told.output[0]["status"] == "failed"
    assert told.output[0]["outputs"] == []
    assert "The call failed: " in server.told
