"""Codex works in a repository against a running server: it runs commands, patches files, and tells what it did."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from client_environments import client_modules, node
from running_server import Scene
from watched_server import Door

from antiphon.testing import Reply, reasoning, text, tool_call

SETTINGS = """
model_provider = "antiphon"
{search}
check_for_update_on_startup = false
{more}
[analytics]
enabled = false

[model_providers.antiphon]
name = "Antiphon"
base_url = "{url}"
wire_api = "responses"
"""
FREE = "--dangerously-bypass-approvals-and-sandbox"
NOWHERE = "http://127.0.0.1:9"
PATCH = """*** Begin Patch
*** Update File: greet.txt
@@
-hello
+hello, world
*** Add File: notes/new.txt
+one
+two
*** End Patch"""
Json = dict[str, Any]

pytestmark = pytest.mark.timeout(600)


class Codex:
    """The program, a repository for it, and its settings."""

    def __init__(self, door: Door, folder: Path) -> None:
        node()
        [self._program] = client_modules("codex").glob("@openai/codex-*/vendor/*/bin/codex")
        self._door = door
        self.home, self.repository = folder / "home", folder / "repository"
        self.home.mkdir()
        self.repository.mkdir()
        (self.repository / "greet.txt").write_text("hello\n")
        subprocess.run(["git", "init", "--quiet", "."], cwd=self.repository, check=True)

    def work(self, model: str, *words: str, more: str = "") -> list[Json]:
        """Have it done; the items that it tells of."""
        done, events = self.run(model, *words, more=more)
        assert done.returncode == 0, [events, done.stderr[-2000:]]
        assert events[-1]["type"] == "turn.completed"
        return [event["item"] for event in events if event["type"] == "item.completed"]

    def run(
        self, model: str, *words: str, more: str = "", search: str = 'web_search = "disabled"', freedom: str = FREE
    ) -> tuple["subprocess.CompletedProcess[str]", list[Json]]:
        """How it ended, and every event that it tells of. `freedom` is the flag that says what it may do."""
        (self.home / "config.toml").write_text(SETTINGS.format(url=self._door.url, more=more, search=search))
        done = subprocess.run(
            [str(self._program), "exec", "--json", freedom, "-m", model, *words],
            cwd=self.repository, env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=100,
        )  # fmt: skip
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    def _environment(self) -> dict[str, str]:
        """An empty home, and no way to anywhere but loopback."""
        closed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE)
        home = str(self.home)
        return {"PATH": os.environ["PATH"], "HOME": home, "CODEX_HOME": home, "NO_PROXY": "127.0.0.1", **closed}


@pytest.fixture
def codex(door: Door, tmp_path: Path) -> Codex:
    return Codex(door, tmp_path)


def run(command: str, call: str) -> Reply:
    """The model has Codex run a command."""
    return tool_call("exec_command", {"cmd": command}, id=call, pieces=4)


def test_it_reads_patches_and_looks_again(codex: Codex, scene: Scene, door: Door) -> None:
    patch = tool_call("apply_patch", {"input": PATCH}, id="call_2", pieces=9)
    first = reasoning("Hm.") + text("I look.") + run("cat greet.txt", "call_1")
    scene.play(first, patch, run("cat greet.txt", "call_3"), text("Done."))
    items = codex.work("gpt-5.5", "Greet the world.")
    assert [item["type"] for item in items] == [
        "agent_message", "command_execution", "file_change", "command_execution", "agent_message",
    ]  # fmt: skip
    assert [item["aggregated_output"] for item in items if "aggregated_output" in item] == ["hello\n", "hello, world\n"]
    assert (codex.repository / "greet.txt").read_text() == "hello, world\n"
    assert (codex.repository / "notes" / "new.txt").read_text() == "one\ntwo\n"
    assert [one.types for one in door.answers] == [
        ["reasoning", "message", "function_call"], ["custom_tool_call"], ["function_call"], ["message"],
    ]  # fmt: skip
    assert door.answers[1].response["output"][0]["input"] == PATCH
    sealed = [item["encrypted_content"] for item in door.asked[-1]["input"] if item["type"] == "reasoning"]
    assert [bool(content) for content in sealed] == [True]
    last = scene.calls[-1].json["messages"]
    assert [entry["role"] for entry in last[-6:]] == ["assistant", "tool"] * 3
    assert json.loads(last[-4]["tool_calls"][0]["function"]["arguments"]) == {"input": PATCH}
    assert "Success" in last[-3]["content"]


def test_calls_of_one_turn_and_a_model_it_knows_nothing_of(codex: Codex, scene: Scene) -> None:
    scene.play(run("echo one", "call_1") + run("echo two", "call_2"), run("exit 3", "call_3"), text("Both."))
    *items, last = [item for item in codex.work("scripted/m", "Say both.") if item["type"] != "error"]
    # Those of one turn end in any order.
    ended = [(item["exit_code"], item["aggregated_output"]) for item in items]
    assert [*sorted(ended[:2]), *ended[2:]] == [(0, "one\n"), (0, "two\n"), (3, "")]
    assert last["text"] == "Both."
    said = [entry["content"] for entry in scene.calls[-1].json["messages"] if entry["role"] == "tool"]
    assert ["one\n" in said[0], "two\n" in said[1], "code 3" in said[2]] == [True] * 3


def test_a_namespace_of_an_mcp_server_of_its_own(codex: Codex, scene: Scene, door: Door, shop_url: str) -> None:
    scene.play(tool_call("mcp__shop__add", {"a": 2, "b": 3}, id="call_1"), text("5."))
    items = codex.work("scripted/m", "Add 2 and 3.", more=f'[mcp_servers.shop]\nurl = "{shop_url}"\n')
    [call] = [item for item in items if item["type"] == "mcp_tool_call"]
    assert (call["server"], call["tool"], call["status"]) == ("shop", "add", "completed")
    assert "namespace" in [tool["type"] for tool in door.asked[0]["tools"]]
    called = door.answers[0].response["output"][0]
    assert (called["namespace"], called["name"]) == ("mcp__shop", "add")
    assert "5" in scene.calls[-1].json["messages"][-1]["content"]


def test_a_search_for_tools_that_it_makes_itself(codex: Codex, scene: Scene, door: Door, shop_url: str) -> None:
    search = tool_call("tool_search", {"query": "add two numbers"}, id="call_1")
    scene.play(search, tool_call("mcp__shop__add", {"a": 2, "b": 3}, id="call_2"), text("5."))
    items = codex.work("gpt-5.5", "Add 2 and 3.", more=f'[mcp_servers.shop]\nurl = "{shop_url}"\n')
    [call] = [item for item in items if item["type"] == "mcp_tool_call"]
    assert (call["tool"], call["status"]) == ("add", "completed")
    assert [one.types for one in door.answers] == [["tool_search_call"], ["function_call"], ["message"]]
    offered = [{tool["function"]["name"] for tool in call.json["tools"]} for call in scene.calls]
    assert ["mcp__shop__add" in names for names in offered] == [False, True, True]


def test_the_search_that_it_declares_by_itself_may_not_go_out_and_is_left_out(
    codex: Codex, scene: Scene, door: Door
) -> None:
    scene.play(text("Hello."))
    # Which it declares unless it is told otherwise, where it isn't let loose.
    done, events = codex.run("scripted/m", "Say hello.", search="", freedom="--sandbox=read-only")
    assert (done.returncode, events[-1]["type"]) == (0, "turn.completed")
    assert [tool.get("external_web_access") for tool in door.asked[0]["tools"] if tool["type"] == "web_search"] == [
        False
    ]


def test_a_web_search_that_may_go_out_is_refused_in_words(codex: Codex, scene: Scene) -> None:
    done, events = codex.run("scripted/m", "Look it up.", search='web_search = "live"')
    assert done.returncode == 1
    assert events[-1]["type"] == "turn.failed"
    assert "[tools.web_search]" in events[-1]["error"]["message"]
    assert scene.calls == []
