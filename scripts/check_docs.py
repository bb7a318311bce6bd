"""Checks that the documentation can be followed: its code compiles, its commands exist, its links lead somewhere.

In every Markdown file: a `python` block compiles; in a `bash` block, and after `$ ` in a `console` block, a
line that runs `antiphon …` is one the command line accepts, and a line that runs `make …` names a target of
the Makefile; a relative link leads to a file of the checkout. Nothing is run. Prints each breach as
`path:line: sentence` and exits with 1 if there is one. Not here: whether what is said is true.
Counterpart: `check_size.py`, for the code.
"""

import argparse
import ast
import contextlib
import importlib
import importlib.util
import io
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from check_size import Finding, project_files

FENCE = re.compile(r"^(?P<indent>[ ]*)(?P<ticks>`{3,})(?P<language>\w*)")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
INLINE_CODE = re.compile(r"`[^`]*`")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|#)")
TARGET = re.compile(r"^([a-z][\w-]*):(?!=)", re.MULTILINE)
ASSIGNMENT = re.compile(r"^\w+=")
# What separates one command of a line from the next.
SEPARATORS = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the number of its first line, and its text."""

    language: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What commands may say: the targets of `make`, and the parser of `antiphon` (None while there is none)."""

    targets: frozenset[str]
    parser: argparse.ArgumentParser | None


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown text; an unclosed one reaches to the end."""
    opened: re.Match[str] | None = None
    start, body = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, start, body = fence, number + 1, []
        elif opened and fence and fence["ticks"] == opened["ticks"] and not fence["language"]:
            yield Block(opened["language"], start, textwrap.dedent("\n".join(body)))
            opened = None
        else:
            body.append(line)
    if opened:
        yield Block(opened["language"], start, textwrap.dedent("\n".join(body)))


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines outside fenced blocks, without their inline code."""
    fenced = {n for block in blocks(text) for n in range(block.line, block.line + block.text.count("\n") + 1)}
    for number, line in enumerate(text.splitlines(), start=1):
        if number not in fenced:
            yield number, INLINE_CODE.sub("", line)


def command_lines(block: Block) -> Iterator[tuple[int, str]]:
    """The numbered commands of a shell block; one that is continued or quoted over lines is joined."""
    joined, start = "", block.line
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if block.language == "console" and not joined:
            if not line.startswith("$ "):
                continue
            line = line.removeprefix("$ ")  # noqa: PLW2901 - the prompt is not part of the line
        start = start if joined else number
        joined = f"{joined}{line}"
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
        elif closed(joined):
            yield start, joined
            joined = ""
        else:
            joined += "\n"
    if joined:
        yield start, joined


def closed(command: str) -> bool:
    """Whether every quote of a command is closed."""
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


def commands(line: str) -> Iterator[list[str]]:
    """The commands of a shell line as lists of words, without variables set before them."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    words.commenters = "#"
    command: list[str] = []
    for word in [*words, ";"]:
        if word in SEPARATORS:
            yield command
            command = []
        elif command or not ASSIGNMENT.match(word):
            command.append(word)


def check_python(block: Block) -> Iterator[tuple[int, str]]:
    """Python compiles; a bare `await` is allowed, as in the interactive shell of asyncio."""
    try:
        compile(block.text, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except SyntaxError as error:
        yield block.line + (error.lineno or 1) - 1, f"The Python example doesn't compile: {error.msg}."


def check_shell(block: Block, vocabulary: Vocabulary) -> Iterator[tuple[int, str]]:
    """Commands of this project exist as written."""
    for number, line in command_lines(block):
        if not closed(line):
            yield number, "A quote of this command is never closed."
            continue
        for command in commands(line):
            match command:
                case [program, *arguments] if program.rpartition("/")[2] == "antiphon" and vocabulary.parser:
                    if complaint := refusal(vocabulary.parser, arguments):
                        yield number, f"The command line doesn't accept this: {complaint}."
                case ["make", *arguments]:
                    unknown = sorted({a for a in arguments if re.match(r"^[a-z]", a)} - vocabulary.targets)
                    yield from ((number, f"The Makefile has no target {name!r}.") for name in unknown)


def refusal(parser: argparse.ArgumentParser, arguments: list[str]) -> str:
    """What the parser has against these arguments; empty if nothing."""
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
            parser.parse_args(arguments)
    except SystemExit as stop:
        return told.getvalue().strip().rpartition("error: ")[2] if stop.code else ""
    return ""


def check_links(root: Path, path: str, text: str) -> Iterator[tuple[int, str]]:
    """Relative links lead to files of the checkout."""
    for number, line in prose(text):
        for link in LINK.finditer(line):
            target = link["target"]
            if ELSEWHERE.match(target):
                continue
            place = (root / path).parent / target.partition("#")[0]
            if not place.exists() or not place.resolve().is_relative_to(root.resolve()):
                yield number, f"The link to {target} leads nowhere in the checkout."


def check_page(root: Path, path: str, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Every breach of one Markdown file."""
    text = (root / path).read_text(encoding="utf-8")
    found = list(check_links(root, path, text))
    for block in blocks(text):
        if block.language == "python":
            found += check_python(block)
        elif block.language in {"console", "bash"}:
            found += check_shell(block, vocabulary)
    yield from (Finding(path, number, sentence) for number, sentence in sorted(found))


def command_line() -> argparse.ArgumentParser | None:
    """The parser of the `antiphon` program; None while it isn't written."""
    if importlib.util.find_spec("antiphon.cli") is None:
        return None
    parser = importlib.import_module("antiphon.cli").parser()
    if not isinstance(parser, argparse.ArgumentParser):
        kind = type(parser).__name__
        message = f"antiphon.cli.parser() must give an argparse.ArgumentParser, not {kind}"
        raise TypeError(message)
    return parser


def main(root: Path, parser: argparse.ArgumentParser | None) -> int:
    """Check the Markdown files of the checkout at `root`. Returns the exit code."""
    makefile = root / "Makefile"
    targets = TARGET.findall(makefile.read_text(encoding="utf-8")) if makefile.exists() else []
    vocabulary = Vocabulary(frozenset(targets), parser)
    pages = [path for path in project_files(root) if path.endswith(".md") and (root / path).exists()]
    findings = [finding for path in pages for finding in check_page(root, path, vocabulary)]
    for finding in findings:
        print(finding)
    unchecked = "" if parser else "; antiphon commands unchecked: there is no antiphon.cli"
    print(f"check_docs: {len(findings)} breaches in {len(pages)} pages{unchecked}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1], command_line()))
