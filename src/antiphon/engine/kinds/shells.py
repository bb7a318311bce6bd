"""Shells of the client: `local_shell` (one command) and `shell` (several). Source: API reference and recorded streams.

The client runs the commands; a chat model is offered a function for them. Nothing is run here.
"""

import shlex
from typing import Any

from antiphon.engine.kinds.face import Face, Outcome, arguments_in
from antiphon.wire import events as ev
from antiphon.wire.items import LocalShellAction, LocalShellCall, ShellAction, ShellCall

STRINGS = {"type": "array", "items": {"type": "string"}}
LOCAL_SHELL = {
    "name": "local_shell",
    "description": "Run one command on the user's machine and see its output.",
    "parameters": {
        "type": "object",
        "properties": {
            "command": {**STRINGS, "description": "The program and its arguments."},
            "working_directory": {"type": "string"},
            "timeout_ms": {"type": "integer"},
            "env": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["command"],
    },
}
SHELL = {
    "name": "shell",
    "description": "Run shell commands on the user's machine and see what they print. Several may run at once.",
    "parameters": {
        "type": "object",
        "properties": {
            "commands": {**STRINGS, "description": "Shell command lines."},
            "timeout_ms": {"type": "integer"},
            "max_output_length": {"type": "integer"},
        },
        "required": ["commands"],
    },
}


class LocalShellFace(Face):
    """A `local_shell_call`."""

    prefix = "lsh"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> LocalShellCall:
        said = arguments_in(arguments)
        env = said.get("env")
        action = LocalShellAction(
            command=_words(said.get("command"), arguments),
            env={str(name): str(value) for name, value in env.items()} if isinstance(env, dict) else {},
            timeout_ms=_number(said.get("timeout_ms")),
            user=_text(said.get("user")),
            working_directory=_text(said.get("working_directory")),
        )
        return LocalShellCall(id=self.id, status=status, call_id=self.call_id, action=action)


class ShellFace(Face):
    """A `shell_call`, its commands one after another."""

    prefix = "sh"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> ShellCall:
        begun = status == "in_progress"
        action = ShellAction() if begun else shell_action(arguments)
        return ShellCall(id=self.id, status=status, call_id=self.call_id, action=action, environment={"type": "local"})

    def last(self, arguments: str) -> list[ev.Event]:
        events: list[ev.Event] = []
        for index, command in enumerate(shell_action(arguments).commands):
            where: dict[str, Any] = {"output_index": self.output_index, "command_index": index}
            events += [
                ev.ShellCommandAdded(**where, command=""),
                ev.ShellCommandDelta(**where, delta=command),
                ev.ShellCommandDone(**where, command=command),
            ]
        return events


def shell_action(arguments: str) -> ShellAction:
    """What the model asked for, whatever form it gave the commands."""
    said = arguments_in(arguments)
    commands = said.get("commands", said.get("command"))
    if isinstance(commands, str):
        commands = [commands]
    if not isinstance(commands, list):
        commands = [arguments] if _bare(arguments) else []
    return ShellAction(
        commands=[str(command) for command in commands],
        timeout_ms=_number(said.get("timeout_ms")),
        max_output_length=_number(said.get("max_output_length")),
    )


def _words(command: Any, arguments: str) -> list[str]:  # noqa: ANN401 - a model may write anything
    if isinstance(command, list):
        return [str(word) for word in command]
    line = command if isinstance(command, str) else _bare(arguments)
    try:
        return shlex.split(line)
    except ValueError:
        return [line]


def _bare(arguments: str) -> str:
    """A command line that was written instead of JSON; JSON of another shape, or cut short, is none."""
    return "" if arguments.lstrip().startswith("{") else arguments.strip()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
