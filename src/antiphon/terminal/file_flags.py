"""The flags of `antiphon files`. Counterparts: `cli.py`, `files.py`."""

import argparse
from collections.abc import Callable

FILE_WORDS = frozenset({"doing", "folder", "of_project", "vector_store"})
"""What these flags say that isn't a setting."""


def add_files_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    upstream_flags: Callable[[argparse.ArgumentParser], None],
    db_help: str,
) -> None:
    """Add `antiphon files add`."""
    command = commands.add_parser("files", help="read a folder of files into a vector store")
    doing = command.add_subparsers(dest="doing", required=True, metavar="ACTION", help="what to do with files")
    add = doing.add_parser("add", help="read every file of a folder; what is there and unchanged is left")
    upstream_flags(add)
    add.add_argument("folder", metavar="DIR", help="the folder, or one file")
    add.add_argument(
        "--store", dest="vector_store", required=True, metavar="NAME", help="the vector store, made if there is none"
    )
    add.add_argument("--project", dest="of_project", metavar="NAME", help="whose store it is (default)")
    add.add_argument("--db", metavar="URL", help=db_help)
    add.add_argument("--files", metavar="PATH", help="where bytes of files are kept; beside the database without it")
