"""The flags of `antiphon keys`, an action each. Counterparts: `cli.py`, `keys.py`."""

import argparse

from antiphon.keys import SCOPES, USUAL

KEY_WORDS = frozenset({"action", "expires", "grace", "key", "limit", "name", "only", "project", "scopes"})
"""What these flags say that isn't a setting."""


def add_keys_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", db_help: str) -> None:
    """Add `antiphon keys` and its actions."""
    command = commands.add_parser("keys", help="make, list and end the keys that requests need")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", help="what to do with keys")

    def action(name: str, meaning: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=meaning)
        made.add_argument("--config", metavar="FILE", help="settings; ./antiphon.toml if it is there")
        made.add_argument("--db", metavar="URL", help=db_help)
        return made

    _create(action("create", "make a key and print it, once; as soon as there is one, every request needs one"))
    action("list", "a line for each key, with the id that the other actions take")
    add = action("revoke", "end a key at once").add_argument
    add("key", metavar="ID", help="its id, as list and create show it")
    add = action("rotate", "make another key like this one, which stays good for a while").add_argument
    add("key", metavar="ID", help="its id")
    add("--grace", default="24h", metavar="TIME", help="how long the old one stays good, such as 1h (24h)")
    add = action("delete", "forget a key; without any, a server on loopback is open again").add_argument
    add("key", metavar="ID", help="its id")
    add = action("log", "what was done with keys, when and by whom; the newest first").add_argument
    add("--limit", type=int, default=50, metavar="N", help="how many lines (50)")


def _create(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--project", required=True, metavar="NAME", help="whose key it is: what it makes, no other project sees")
    add("--name", default="", metavar="TEXT", help="what it is for, to tell it from others")
    scopes = ", ".join(SCOPES)
    usual = ",".join(scope for scope in SCOPES if scope in USUAL)
    add("--scopes", default=usual, metavar="LIST", help=f"what it is good for, of {scopes} ({usual})")
    add("--expires", metavar="TIME", help="how long it is good, such as 30d; without it, until it is revoked")
    add("--models", dest="only", action="append", metavar="PATTERN",
        help="models it may use, as in 'ollama/*'; repeatable. Without it, all")  # fmt: skip
