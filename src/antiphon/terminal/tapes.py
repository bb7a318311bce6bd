"""What the commands of `antiphon cassette` share: which paths they take, and how a line looks on a terminal."""

import sys
from dataclasses import dataclass
from pathlib import Path

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Interaction
from antiphon.config import Environment
from antiphon.errors import ConfigFault

WIDTH = 110


@dataclass(frozen=True, slots=True)
class Colours:
    """What goes before and after words that stand out; nothing where that would be noise."""

    bold: str = ""
    dim: str = ""
    plain: str = ""


def colours(environment: Environment) -> Colours:
    """Those of a terminal, none for a file or a pipe, nor where `NO_COLOR` is set (https://no-color.org)."""
    wanted = sys.stdout.isatty() and not environment.no_color
    return Colours("\x1b[1m", "\x1b[2m", "\x1b[0m") if wanted else Colours()


def numbered(tape: Cassette, number: int) -> Interaction:
    """The interaction with a number of `ls`. Raises `ConfigFault`."""
    if not 0 < number <= len(tape):
        raise ConfigFault(f"There is no interaction {number}: {tape.name} has {len(tape)}.")
    return tape.interactions[number - 1]


def own_file(name: str) -> Path:
    """A single file of the native format, to be written anew. Raises `ConfigFault` for any other path."""
    path = Path(name)
    if path.is_dir() or (path.exists() and not path.name.endswith((".jsonl", ".jsonl.zst"))):
        raise ConfigFault(f"{path} is no single file of our own, which is what is written: import or merge it first.")
    return path


def new_path(name: str) -> Path:
    """A path where nothing is yet. Raises `ConfigFault`."""
    if Path(name).exists():
        raise ConfigFault(f"{name} is there already, and nothing is overwritten. Name another file.")
    return Path(name)


def short(text: str, width: int = WIDTH) -> str:
    """The beginning of a text."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
