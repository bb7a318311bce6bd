"""The flags of `antiphon files`. Counterparts: `cli.py`, `files.py`."""

import argparse
from collections.abc import Callable

FILE_WORDS = frozenset({"doing", "file_ids", "folder", "of_project", "vector_store"})
"""What these flags say that isn't a setting."""


def add_files_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    upstream_flags: Callable[[argparse.ArgumentParser], None],
    db_help: str,
) -> None:
    """Add `antiphon files` and its actions."""
    command = commands.add_parser("files", help="read a folder of files into a vector store, list files, remove them")
    doing = command.add_subparsers(dest="doing", required=True, metavar="ACTION", help="what to do with files")
    add = doing.add_parser("add", help="read every file of a folder; what is there and unchanged is left")
    upstream_flags(add)
    add.add_argument("folder", metavar="DIR", help="the folder, or one file")
    add.add_argument(
        "--store", dest="vector_store", required=True, metavar="NAME", help="the vector store, made if there is none"
    )
    listing = doing.add_parser("ls", help="a line for each file, the oldest first")
    removing = doing.add_parser("rm", help="remove files")
    removing.add_argument("file_ids", nargs="+", metavar="ID", help="the ids of files, as ls shows them")
    for action in (listing, removing):
        action.add_argument("--config", metavar="FILE", help="settings; ./antiphon.toml if it is there")
    for action in (add, listing, removing):
        action.add_argument("--project", dest="of_project", metavar="NAME", help="whose files they are (default)")
        action.add_argument("--db", metavar="URL", help=db_help)
        action.add_argument(
            "--files", metavar="PLACE", help="where bytes of files are kept; beside the database without it"
        )
