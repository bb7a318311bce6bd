"""Writes the generated parts of `docs/reference/`, from the code that they describe.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; the rest of a page is written by
hand. With `--check` nothing is written: a part that isn't as the code has it is printed, and the exit code is 1.
Not here: what the tables say of the request (`docs_requests.py`) and whether links lead anywhere (`check_docs.py`).
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any

import msgspec

from antiphon import errors
from antiphon.cli import parser
from antiphon.config import TABLES, UNFLAGGED, Config
from antiphon.upstream.addresses import DIALECTS_BY_HOST, DIALECTS_BY_PORT
from antiphon.wire import events
from compatibility import PARTS as COMPATIBILITY
from docs_requests import dialect_table, endpoint_table, field_table
from docs_tables import first_sentence, table, words_for

ROOT = Path(__file__).resolve().parents[1]
PART = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

MENDING = {
    "InvalidRequest": "Correct the field that `param` names.",
    "AddressRefused": "Name a public server, by http or https; on a server of your own, see `--allow-private-urls`.",
    "FetchFailed": "Check that the address can be had from where the server stands, or send the content itself.",
    "TooManyRequests": "Wait for answers that are under way, or open another connection.",
    "ProjectOverloaded": "Wait as `retry-after` says; see `[limits]`.",
    "UpgradeRequired": "Use `POST`, or a WebSocket client on a server that wasn't started with `--no-websocket`.",
    "ConnectionTooOld": "Open another connection; what was stored can be continued there.",
    "ContextTooLong": "Shorten the input, or send `truncation: auto`.",
    "ConversationLocked": "Ask again a little later.",
    "Unauthorized": "Send a key of this server as `Authorization: Bearer KEY`; `antiphon keys create` makes one.",
    "ScopeMissing": "Use a key with the scope that the message names; `antiphon keys create --scopes` makes one.",
    "LimitReached": "Wait for the seconds of `retry-after`, or have the limit raised under `[limits]`.",
    "Forbidden": "Ask by a loopback address; for a web page, start the server with `--cors ORIGIN`.",
    "NotAnId": "Send the id of a conversation (`conv_…`) or of a response (`resp_…`), whichever the message names.",
    "NotFound": "Correct the id, model or path; the message names what comes nearest.",
    "MethodNotAllowed": "Use the method that the endpoint has.",
    "TooLarge": "Send less, or raise `--max-body` or `--max-file`.",
    "UnsupportedMedia": "Send `content-type: application/json`.",
    "UnreadableFile": "Mend the file as the message says, or give another.",
    "RangeNotSatisfiable": "Ask for a range within the size that `content-range` says.",
    "UpstreamRefused": "As the upstream's message says; the message, its code and `retry-after` are passed on.",
    "UpstreamUnavailable": "Start the model server, or correct its address; `antiphon doctor` says which.",
    "UpstreamCut": "Look at the model server's log, and ask again.",
    "UpstreamTimeout": "Wait for the model to load, or raise `--first-byte-timeout` or `--idle-timeout`.",
    "UpstreamGarbage": "Give the address of the API itself, usually one that ends in `/v1`.",
    "UpstreamUnfit": "Ask a model that keeps to such a form, or ask for a simpler one.",
    "McpFailed": "Look at the MCP server: its address, its log.",
    "SandboxFailed": "Look at the settings under `[tools.code_interpreter]`, and at the log of the server.",
    "ToolFailed": "Look at the service behind the tool: its address and key under `[tools]`, the server's log.",
    "CassetteMiss": "Ask as it was recorded, or record the call with `--mode auto`.",
    "CassetteInvalid": "Mend the line that the message names, or record again.",
    "StoreFault": "Make room on the disk, or make the database writable; then ask again.",
    "Conflict": "Nothing: what was to be stopped has ended; get it.",
    "LeaseLost": "Nothing: clients never see it, and the run goes on at the other worker.",
    "PackageMissing": "Install it in the server's environment, and start the server again.",
    "ServerStopping": "Ask again: another server answers, or this one when it is started again.",
    "Overloaded": "Wait as `retry-after` says, or add a server; see `[limits]`.",
    "ConfigFault": "Correct the setting that the message names; the program exits with status 2.",
}
"""How each error is mended; a class that isn't here fails the generation."""

FAULT = {
    "ClientFault": "the request",
    "UpstreamFault": "the model server",
    "ToolFault": "a tool's server",
    "CassetteFault": "the cassette",
    "StoreFault": "the store",
    "Conflict": "Nothing: what was to be stopped has ended; get it.",
    "LeaseLost": "the worker",
    "PackageMissing": "the operator",
    "ServerStopping": "the operator",
    "Overloaded": "the server",
    "ConfigFault": "the settings",
}


def flags() -> str:
    """Every flag and argument, and the commands that take it."""
    takers: dict[tuple[str, str], list[str]] = {}
    for name, command in subcommands().items():
        for action in command._actions:  # noqa: SLF001 - argparse has no public way to its own contents
            if action.dest != "help":
                takers.setdefault((_flag(action), action.help or ""), []).append(f"`{name}`")
    everyone = len(subcommands())
    rows = [
        [flag, "all" if len(names) == everyone else ", ".join(names), meaning]
        for (flag, meaning), names in takers.items()
    ]
    return table(["argument", "of", "meaning"], rows)


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands, by name."""
    actions = parser()._actions  # noqa: SLF001 - as above
    return next(dict(action.choices) for action in actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - as above


def cassette_actions() -> str:
    """What `antiphon cassette` can do, and the arguments of each."""
    actions = subcommands()["cassette"]._actions  # noqa: SLF001 - as above
    nested = next(action for action in actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - as above
    meanings = {said.dest: said.help or "" for said in nested._choices_actions}  # noqa: SLF001 - as above
    rows = []
    for name, command in nested.choices.items():
        said = [each for each in command._actions if each.dest != "help" and each.help != argparse.SUPPRESS]  # noqa: SLF001 - as above
        rows.append([f"`{name}`", " ".join(map(_flag, said)), meanings[name]])
    return table(["action", "arguments", "what it does"], rows)


def _flag(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest.upper()}`"
    if action.nargs == 0:
        return f"`{action.option_strings[-1]}`"
    value = action.metavar or ("|".join(action.choices) if action.choices else action.dest.upper())
    return f"`{action.option_strings[-1]} {value}`"


def settings() -> str:
    """Every setting: flag, variable, key of the file, default."""
    # The first command that has a setting is `serve`, whose words and defaults are the setting's own.
    helps = UNFLAGGED | TABLES
    for command in subcommands().values():
        for action in command._actions:  # noqa: SLF001 - as above
            helps.setdefault(action.dest, action.help or "")
    rows = [
        [f"`{field.encode_name}`", _variable(field.encode_name), _default(field), helps[field.encode_name]]
        for field in msgspec.structs.fields(Config)
    ]
    return table(["key", "variable", "default", "meaning"], rows)


def _variable(name: str) -> str:
    return "" if name in TABLES else f"`ANTIPHON_{name.upper()}`"


def _default(field: msgspec.structs.FieldInfo) -> str:
    value: Any = None if field.encode_name in TABLES else field.default
    if value is msgspec.NODEFAULT:
        value = []
    return {"None": "", "[]": "", "True": "`true`", "False": "`false`"}.get(str(value), f"`{value}`")


def error_rows() -> str:
    """Every error class that an answer can carry."""
    rows = []
    for kind in _leaves(errors.AntiphonError):
        branch = kind.__mro__[-len(errors.AntiphonError.__mro__) - 1]
        fault = words_for(branch.__name__, FAULT, "FAULT of scripts/make_docs.py")
        mending = words_for(kind.__name__, MENDING, "MENDING of scripts/make_docs.py")
        status = "its own" if kind is errors.UpstreamRefused else str(kind.status)
        status = "" if kind is errors.ConfigFault else status
        code = f"`{kind.default_code}`" if kind.default_code else ""
        meaning = f"{first_sentence(getdoc(kind))} {mending}"
        rows.append([f"`{kind.__name__}`", status, f"`{kind.type}`", code, fault, meaning])
    return table(["error", "status", "type", "code", "at fault", "what it is, and how to mend it"], rows)


def _leaves(kind: type[errors.AntiphonError]) -> Iterator[type[errors.AntiphonError]]:
    below = [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
    if not below:
        yield kind
    for each in below:
        yield from _leaves(each)


def event_rows() -> str:
    """Every event that has its Struct."""
    rows = []
    for kind in _event_kinds(events.Event):
        own = [name for name in kind.__struct_fields__ if name != "sequence_number"]
        fields = ", ".join(f"`{name}`" for name in own)
        rows.append([f"`{kind.__struct_config__.tag}`", first_sentence(getdoc(kind)), fields])
    return table(["event", "meaning", "members"], rows)


def _event_kinds(base: type[events.Event]) -> Iterator[type[events.Event]]:
    """In the order of the module; bases have the name of their class for a tag."""
    for kind in vars(events).values():
        if isinstance(kind, type) and issubclass(kind, base) and str(kind.__struct_config__.tag) != kind.__name__:
            yield kind


def guesses() -> str:
    """Which dialect is taken for which address."""
    rows = [[f"host `{host}`, or one that ends in it", f"`{name}`"] for host, name in DIALECTS_BY_HOST.items()]
    rows += [[f"port {port}", f"`{name}`"] for port, name in DIALECTS_BY_PORT.items()]
    return table(["address", "dialect"], [*rows, ["any other", "`generic`"]])


PARTS: dict[str, Callable[[], str]] = {
    "flags": flags,
    "cassette": cassette_actions,
    "settings": settings,
    "errors": error_rows,
    "events": event_rows,
    "endpoints": endpoint_table,
    "fields": field_table,
    "dialects": dialect_table,
    "guesses": guesses,
    **COMPATIBILITY,
}


def renewed(text: str) -> str:
    """A page with its generated parts as the code has them. Raises `KeyError` for a part that nobody makes."""
    return PART.sub(lambda part: f"{part[1]}\n{PARTS[part['name']]()}\n\n{part[3]}", text)


def main(folder: Path, *, check: bool) -> int:
    """Renew or check every page under `folder`. Returns the exit code."""
    stale = []
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        now = renewed(text)
        if now != text:
            stale.append(path)
            if not check:
                path.write_text(now, encoding="utf-8")
    for path in stale:
        print(
            f"{path.relative_to(folder.parent)}: {'is not what the code says; run `make docs`' if check else 'renewed'}"
        )
    print(f"make_docs: {len(stale)} pages {'stale' if check else 'renewed'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Write the generated parts of the reference.")
    options.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    sys.exit(main(ROOT / "docs", check=options.parse_args().check))
