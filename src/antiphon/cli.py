"""The command line: `antiphon serve | replay | record | ask | doctor | cassette | files | keys | migrate | …`.

Flags become a `Config`; what they mean is said there. Not here: what the commands do (`terminal/`). Exit
statuses: 0 done, 1 failed, 2 wrong use or settings.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from shutil import get_terminal_size
from types import ModuleType
from typing import Any

from antiphon import __version__
from antiphon.config import Config, Environment, load
from antiphon.errors import AntiphonError, ConfigFault
from antiphon.terminal.cassette_flags import WORDS, add_cassette_command
from antiphon.terminal.file_flags import FILE_WORDS, add_files_command
from antiphon.terminal.key_flags import KEY_WORDS, add_keys_command


def _of(command: str) -> ModuleType:
    """What carries out a command; a server isn't kept waiting by what it would load for the others."""
    return import_module(f"antiphon.terminal.{command}")


COMMANDS: dict[str, Callable[[Config, Environment, argparse.Namespace], int]] = {
    "serve": lambda config, environment, _: _of("serving").serve_here(config, environment),
    "worker": lambda config, environment, _: _of("working").work_here(config, environment),
    "replay": lambda config, _, __: _of("standin").stand_in(config),
    "record": lambda config, _, said: _of("standin").stand_in(config, said.api),
    "ask": lambda config, environment, said: _of("ask").ask(config, environment, said.question, said.model),
    "doctor": lambda config, environment, _: _of("doctor").doctor(config, environment),
    "cassette": lambda config, environment, said: _of("cassette").cassette(said, config, environment),
    "files": lambda config, environment, said: _of("files").files(said, config, environment),
    "keys": lambda config, _, said: _of("keys").keys(said, config),
    "migrate": lambda config, _, said: _of("database").migrate(config, dry_run=said.dry_run),
    "export": lambda config, environment, said: _of("database").export(
        config, environment.variables, said.path, file_bytes=not said.no_file_bytes
    ),
    "import": lambda config, environment, said: _of("database").import_(config, environment.variables, said.path),
}
STANDIN_PORT = 8322
"""Not the server's port, so that a server may have a stand-in for its upstream."""
FILES_HELP = "where the bytes of files are kept: a folder, or s3://BUCKET/PREFIX; beside the database without it"
DB_HELP = "where answers are kept: sqlite:///PATH, postgresql://USER@HOST/NAME or memory://"
OWN = WORDS | KEY_WORDS | FILE_WORDS | {"api", "command", "dry_run", "model", "no_file_bytes", "path", "question"}
"""What the parser finds that isn't a setting."""


class Parser(argparse.ArgumentParser):
    """A parser that looks once how wide the terminal is; argparse's own looks at each flag, and there are 260."""

    def __init__(self, **said: Any) -> None:  # noqa: ANN401 - what argparse takes
        said.setdefault("formatter_class", partial(argparse.HelpFormatter, width=_width()))
        super().__init__(**said)


@cache
def _width() -> int:
    return get_terminal_size().columns - 2


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    root: argparse.ArgumentParser = Parser(
        prog="antiphon",
        description="The Responses API in front of any chat-completions model, recorded and replayed.",
    )
    root.add_argument("--version", action="version", version=f"antiphon {__version__}")
    commands: argparse._SubParsersAction[argparse.ArgumentParser] = root.add_subparsers(
        dest="command", required=True, metavar="COMMAND"
    )
    serve_command = commands.add_parser("serve", help="start the server")
    ask_command = commands.add_parser("ask", help="ask one question from the terminal")
    doctor_command = commands.add_parser("doctor", help="say what was found, what is wrong and how to mend it")
    for command in (serve_command, ask_command, doctor_command):
        _add_upstream_flags(command)
        _add_cassette_flags(command)
    for command in (serve_command, doctor_command):
        _add_server_flags(command)
    _add_worker_command(commands)
    ask_command.add_argument("question", help="what to ask")
    ask_command.add_argument("--model", help="the model; without it the default, or the first that is found")
    _add_standin_commands(commands)
    add_cassette_command(commands)
    _add_database_commands(commands)
    add_keys_command(commands, DB_HELP)
    add_files_command(commands, _add_upstream_flags, DB_HELP)
    return root


def _add_worker_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("worker", help="carry out background responses of the servers over a database")
    _add_upstream_flags(command)
    add = command.add_argument
    add("--db", metavar="URL", help="the database that the servers share: postgresql://USER@HOST/NAME")
    add("--files", metavar="PATH", help="the folder of files that the servers share")
    add("--sealing-key-file", metavar="FILE", help="the keys of seals that the servers share")
    add("--stop-grace", type=float, metavar="SECONDS", help="after SIGTERM, let what is under way go on so long (7)")


def _add_standin_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay_command = commands.add_parser("replay", help="stand in for any model API: answer from a cassette")
    record_command = commands.add_parser("record", help="stand in for any model API: pass on to it and record")
    record_command.add_argument("--upstream", dest="api", required=True, metavar="URL", help="the API to record")
    record_command.add_argument(
        "--mode", choices=["record", "auto"], default="record",
        help="record asks for everything anew; auto only for what the cassette lacks",
    )  # fmt: skip
    replay_command.set_defaults(mode="replay")
    for command in (replay_command, record_command):
        add = command.add_argument
        add("cassette", metavar="CASSETTE", help="the file or folder")
        add("--host", help="address to listen on (127.0.0.1)")
        add("--port", type=int, default=STANDIN_PORT, help="port to listen on (8322); 0 takes a free one")
        add("--cors", action="append", metavar="ORIGIN", help="web origin that may use this server; repeatable")
        _add_replay_flags(command)


def _add_replay_flags(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--repeats", type=_yes_or_no, metavar="yes|no",
        help="whether a used-up answer is given again (yes) or is a miss",
    )  # fmt: skip
    add(
        "--speed", metavar="instant|recorded|2x",
        help="how fast recorded answers come: at once (instant), as recorded, or so many times as fast",
    )  # fmt: skip
    add(
        "--match", choices=["exact", "canonical", "conversation"],
        help="which requests are equal: as sent, as meant (canonical), or who said what to which model",
    )  # fmt: skip
    add(
        "--rule", dest="rules", action="append", metavar="RULE",
        help="what doesn't count: 'ignore PATH', 'map PATH [FROM] TO', 'replace REGEX TEXT [PATH]'; repeatable",
    )  # fmt: skip
    add(
        "--redact", action="append", metavar="KIND|REGEX",
        help="what is taken out beside secrets: email, phone, card, iban, ip, or what matches; repeatable",
    )  # fmt: skip
    add(
        "--fault", dest="faults", action="append", metavar="FAULT",
        help="what goes wrong in a replay, as in 'status 429 retry-after=1 nth=1', 'delay 2s', 'cut 3'; repeatable",
    )  # fmt: skip


def _add_database_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    migrate_command = commands.add_parser("migrate", help="bring a database to the newest schema")
    migrate_command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    export_command = commands.add_parser("export", help="write a database as JSON Lines")
    export_command.add_argument("path", metavar="FILE", help="a new file; - for standard output")
    export_command.add_argument("--no-file-bytes", action="store_true", help="leave the bytes of files where they are")
    import_command = commands.add_parser("import", help="take in what export wrote")
    import_command.add_argument("path", metavar="FILE", help="the file; - for standard input")
    for command in (export_command, import_command):
        command.add_argument("--files", metavar="PLACE", help=FILES_HELP)
    for command in (migrate_command, export_command, import_command):
        command.add_argument("--config", metavar="FILE", help="settings; ./antiphon.toml if it is there")
        command.add_argument("--db", metavar="URL", help=DB_HELP)


def _add_upstream_flags(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--config", metavar="FILE", help="settings; ./antiphon.toml if it is there")
    add(
        "--upstream", action="append", metavar="NAME=URL[,key-env=VAR][,key-file=FILE][,dialect=NAME]",
        help="a model server; may be given several times. Without one, this machine is searched",
    )  # fmt: skip
    add(
        "--alias", action="append", metavar="PATTERN=MODEL",
        help="answer for models that match PATTERN with MODEL, as in 'gpt-5*=ollama/qwen3'; repeatable",
    )  # fmt: skip
    add("--default-model", metavar="MODEL", help="answers for every model that nobody has")
    add("--connect-timeout", type=float, metavar="SECONDS", help="for a connection to an upstream (10)")
    add("--first-byte-timeout", type=float, metavar="SECONDS", help="for an upstream's status line (300)")
    add("--idle-timeout", type=float, metavar="SECONDS", help="between two reads of an upstream's stream (300)")


def _add_cassette_flags(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--cassette", metavar="PATH", help="a file or folder to record to or replay from")
    add(
        "--mode", choices=["live", "record", "replay", "auto"],
        help="what the cassette is for; auto (the default) replays what it has and records what it lacks",
    )  # fmt: skip
    _add_replay_flags(command)


def _add_server_flags(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--host", help="address to listen on (127.0.0.1)")
    add("--port", type=int, help="port to listen on (8321); 0 takes a free one")
    add("--db", metavar="URL", help=DB_HELP)
    add("--files", metavar="PLACE", help=FILES_HELP)
    add("--max-file", type=int, metavar="BYTES", help="largest file that is uploaded (536870912)")
    add("--keep-responses", metavar="TIME", help="delete answers older than this, such as 30d; without it, none are")
    add(
        "--keep-events", metavar="TIME", help="how long a response in the background can be followed after its end (1d)"
    )
    add("--cors", action="append", metavar="ORIGIN", help="web origin that may use this server; repeatable")
    add("--max-body", type=int, metavar="BYTES", help="largest request body (33554432)")
    add(
        "--no-websocket", dest="websocket", action="store_false", default=None,
        help="answer a client that asks for WebSocket with 426, so that it falls back to HTTP",
    )  # fmt: skip
    add(
        "--no-console", dest="console", action="store_false", default=None,
        help="serve no pages for people at /, and remember nothing of runs for them",
    )  # fmt: skip
    add(
        "--stop-delay",
        type=float,
        metavar="SECONDS",
        help="after SIGTERM, answer but take no work for so long (0)",
    )
    add("--stop-grace", type=float, metavar="SECONDS", help="after that, let open answers go on for so long (7)")
    _add_seen_flags(command)
    add("--ping-every", type=float, metavar="SECONDS", help="comment in a stream silent for so long (15)")
    add(
        "--sealing-key-file",
        metavar="FILE",
        help="a file with the keys of seals, one a line, the newest first; without it, one is made beside the database",
    )
    add(
        "--allow-private-urls", action="store_true", default=None,
        help="let requests send this server to addresses of its own network; on loopback they may anyway",
    )  # fmt: skip
    add(
        "--insecure", action="store_true", default=None,
        help="serve everyone who can reach --host, without keys; on loopback that is so until there is a key",
    )  # fmt: skip


def _add_seen_flags(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--log", choices=["text", "json"], help="how it logs; json also tells every request and response (text)")
    add(
        "--metrics", action="store_true", default=None,
        help="give metrics for Prometheus at /metrics",
    )  # fmt: skip
    add(
        "--usage", action="store_true", default=None,
        help="count what is used by project, model and day, for GET /v1/usage",
    )  # fmt: skip


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise argparse.ArgumentTypeError(f"say yes or no, not '{text}'")
    return text == "yes"


def main(arguments: Sequence[str] | None = None, variables: Mapping[str, str] | None = None) -> int:
    """Run a command and return the exit status."""
    said = parser().parse_args(arguments)
    environment = Environment(variables=os.environ if variables is None else variables)
    flags = {name: value for name, value in vars(said).items() if name not in OWN}
    try:
        config = load(flags, environment.variables, Path.cwd())
        return COMMANDS[said.command](config, environment, said)
    except BrokenPipeError:
        # Whoever read our output has had enough; nor shall the interpreter's last flush complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ConfigFault as fault:
        print(f"antiphon: {fault.message}", file=sys.stderr)
        return 2
    except AntiphonError as fault:
        print(f"antiphon: {fault.message}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
