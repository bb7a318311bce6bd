"""Shells of the client: one command, or several."""

import json
from pathlib import Path
from typing import Any

import pytest
from engine_answers import Answered, answered, call
from recorded_kinds import kinds_of

from antiphon.engine.kinds.shells import shell_action

COMMAND = ["shell_call_command.added", "shell_call_command.delta", "shell_call_command.done"]


def called(kind: str, arguments: Any) -> Answered:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return answered(call(0, "call_1", kind, written), tools=[{"type": kind}])


@pytest.mark.parametrize("commands", [["ls"], ["ls", "pwd"]])
def test_each_command_is_shown(commands: list[str]) -> None:
    answer = called("shell", {"commands": commands, "timeout_ms": 5, "max_output_length": 9})
    assert answer.names == ["output_item.added", *COMMAND * len(commands), "output_item.done", "completed"]
    assert answer.events[2]["item"]["action"]["commands"] == []
    (item,) = answer.output
    assert item["action"] == {"commands": commands, "timeout_ms": 5, "max_output_length": 9}
    done = [event for event in answer.events if event["type"].endswith("command.done")]
    assert [(event["command_index"], event["command"]) for event in done] == list(enumerate(commands))


@pytest.mark.parametrize(
    ("written", "commands"),
    [
        ('{"command": "ls -l"}', ["ls -l"]),
        ('{"commands": "ls"}', ["ls"]),
        ('{"commands": [1]}', ["1"]),
        ('{"commands": {}}', []),
        ("ls -l", ["ls -l"]),
        ("{}", []),
        ('{"comm', []),
        ("", []),
    ],
)
def test_commands_in_other_forms(written: str, commands: list[str]) -> None:
    assert shell_action(written).commands == commands


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ('{"command": ["ls", "-l"]}', ["ls", "-l"]),
        ('{"command": "ls \'a b\'"}', ["ls", "a b"]),
        ('{"command": "echo \'"}', ["echo '"]),
        ("ls -l", ["ls", "-l"]),
        ("{}", []),
        ('{"comm', []),
    ],
)
def test_one_command_is_its_words(written: str, command: list[str]) -> None:
    answer = called("local_shell", written)
    assert answer.names == ["output_item.added", "output_item.done", "completed"]
    assert answer.output[0]["action"]["command"] == command


def test_one_commands_circumstances() -> None:
    given = {"command": ["ls"], "env": {"A": 1}, "timeout_ms": 5, "working_directory": "/x", "user": 7}
    (item,) = called("local_shell", given).output
    assert item["action"] == {
        "type": "exec", "command": ["ls"], "env": {"A": "1"}, "timeout_ms": 5, "working_directory": "/x", "user": None,
    }  # fmt: skip


@pytest.mark.recordings
def test_its_stream_is_as_recorded(traces_dir: Path) -> None:
    recorded = kinds_of(traces_dir / "openai" / "openai-shell-tool.1.chunks.txt")
    assert kinds_of(called("shell", {"commands": ["ls -a ~/Desktop"]}).events) == recorded
