"""The flags of `antiphon cassette`, an action each. Counterparts: `cli.py`, `cassette.py`."""

import argparse
from collections.abc import Callable
from typing import Protocol

WORDS = frozenset(
    {"action", "by", "json", "key_env", "number", "other", "out", "pattern", "project", "quiet", "response", "sample"}
    | {"seed", "tape", "tapes", "to"}
)
"""What these flags say that isn't a setting."""

Add = Callable[..., argparse.Action]


class Adder(Protocol):
    """Adds an action by its name and meaning; gives what adds arguments to it. Most take a cassette first."""

    def __call__(self, name: str, meaning: str, *, tape: bool = True) -> Add:
        """Add one."""
        ...


def add_cassette_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `antiphon cassette` and its actions."""
    command = commands.add_parser("cassette", help="look at cassettes, check them, and make new ones of them")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", help="what to do with a cassette")

    def action(name: str, meaning: str, *, tape: bool = True) -> Add:
        made = actions.add_parser(name, help=meaning)
        if tape:
            made.add_argument("tape", metavar="CASSETTE", help="the file or folder")
        return made.add_argument

    _looking(action)
    _rewriting(action)
    _exchanging(action)
    _asking(action)


def _looking(action: Adder) -> None:
    action("ls", "a line for each interaction")
    add = action("show", "requests, answers put together, and their chunks")
    add("number", nargs="?", type=int, metavar="N", help="only the interaction with this number of ls")
    action("stats", "counts and sizes")
    add = action("verify", "check format, secrets and what can be reached; the exit status is for CI")
    add("--quiet", action="store_true", help="only failures, no notes")
    add = action("diff", "what two cassettes ask and answer differently; the exit status is 1 if anything")
    add("other", metavar="OTHER", help="the newer one")


def _rewriting(action: Adder) -> None:
    action("prune", "take out what no request leads to")
    add = action("redact", "take out secrets again")
    add("--pattern", metavar="KIND|REGEX", help="and email, phone, card, iban or ip, or what this matches")
    action("upgrade", "write it, or all in a folder, in the newest version of the format")
    add = action("merge", "put several into one", tape=False)
    add("tapes", nargs="+", metavar="CASSETTE", help="files or folders")
    add("--out", required=True, metavar="FILE", help="the new file")
    add = action("split", "make one of each scope, upstream or path")
    add("--by", choices=["scope", "upstream", "path"], default="scope", help="what makes the difference (scope)")
    add("--out", required=True, metavar="FOLDER", help="where the new files go")


def _exchanging(action: Adder) -> None:
    add = action("import", "make a file of our own from recordings of Llama Stack, vcrpy or a browser (HAR)")
    add("--out", required=True, metavar="FILE", help="the new file")
    add = action("export", "write what is on it in another form")
    add("--to", choices=["llama-stack", "har", "curl"], required=True, help="the form")
    add("--out", default="-", metavar="PATH", help="a new file, - for standard output; for llama-stack a new folder")
    add = action("from-response", "make a cassette of a response that is in the database", tape=False)
    add("response", metavar="ID", help="its id, resp_…")
    add("--out", required=True, metavar="FILE", help="the new cassette; the request is written beside it")
    add("--project", default="default", metavar="NAME", help="whose response it is (default)")
    add("--db", metavar="URL", help="where it is kept: sqlite:///PATH or postgresql://USER@HOST/NAME")
    add("--config", metavar="FILE", help="settings; ./antiphon.toml if it is there")
    add("--upstream", action="append", metavar="NAME=URL", help="the model server it came from, as serve was told")


def _asking(action: Adder) -> None:
    rerun = action("rerun", "ask another model the same, and tell what changed")
    rerun("--model", required=True, help="the other model")
    drift = action("drift", "ask the upstream again, and tell what is different; the exit status is 1 if the shape is")
    drift("--sample", type=int, metavar="N", help="only so many interactions, chosen by chance")
    drift("--seed", type=int, default=0, metavar="S", help="chooses the same ones again (0)")
    drift("--model", help=argparse.SUPPRESS)
    for add in (rerun, drift):
        add("--upstream", dest="api", metavar="URL", help="the API to ask; without it, the address that was recorded")
        add("--key-env", metavar="VAR", help="the variable with its key; known APIs have theirs: OPENAI_API_KEY")
        add("--json", action="store_true", help="the report as JSON")
        add("--out", metavar="FILE", help="keep what was asked and answered now as a new cassette")
