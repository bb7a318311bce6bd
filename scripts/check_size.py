"""Checks the rules of the house that no linter knows: sizes, names, reasons, words, a test for every file.

Prints each breach as `path:line: sentence` and exits with 1 if there is one. Not here: what ruff, mypy and
import-linter check already (see pyproject.toml). Counterpart: `check_docs.py`, for the documentation.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 50
PACKAGE = "src/antiphon/"

VAGUE_NAME = re.compile(
    r"(?:^|_)(?:managers?|handlers?|helpers?|utils?|impl|orchestrators?)(?:_|$)|^process_|_v\d+$"
    r"|(?:Manager|Handler|Helper|Utils?|Impl|Orchestrator)s?$"
)
FOREIGN_WORDS = {
    re.compile(r"(?<![\w.$}~])/(?:home|Users|root|work)/\w"): "a path of somebody's machine",
    re.compile(r"\.\./shared\b"): "a path outside the checkout (only tests marked `recordings` may read there)",
    re.compile(r"\bissue\s+#?\d", re.IGNORECASE): "a number of a tracker that the reader doesn't have",
}
# Written by other programs or other people; their words are not ours.
NOT_OURS = ("requirements/*.txt", "LICENSE")

CODES = r"[A-Z]+\d+(?:,\s*[A-Z]+\d+)*"
EXCEPTION = re.compile(rf"#\s*(?:noqa(?::\s*{CODES})?|type:\s*ignore(?:\[[\w, -]+\])?|pragma:\s*no (?:cover|branch))")
REASON = re.compile(r"\s*(?:-|#)\s*\w.*\w")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach: where it is, and a sentence on what to do."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Source:
    """A text file of the project. `path` is relative to the checkout; `tree` is None where it isn't Python."""

    path: str
    text: str
    tree: ast.Module | None

    @property
    def in_package(self) -> bool:
        """Whether the file is part of what users install."""
        return self.tree is not None and self.path.startswith(PACKAGE)

    def found(self, line: int, sentence: str) -> Finding:
        """A breach in this file."""
        return Finding(self.path, line, sentence)


def functions(source: Source) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    if source.tree:
        yield from (node for node in ast.walk(source.tree) if isinstance(node, Function))


def check_sizes(source: Source) -> Iterator[Finding]:
    """Small rooms: files and functions that can be read at a sitting."""
    lines = source.text.count("\n")
    if source.tree and lines > MAX_FILE_LINES:
        yield source.found(1, f"The file has {lines} lines; split it, {MAX_FILE_LINES} are allowed.")
    for function in functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MAX_FUNCTION_LINES:
            sentence = f"{function.name} has {length} lines; split it, {MAX_FUNCTION_LINES} are allowed."
            yield source.found(function.lineno, sentence)


def check_names(source: Source) -> Iterator[Finding]:
    """Names that say nothing about what a thing is."""
    stem = PurePosixPath(source.path).stem
    if source.tree and VAGUE_NAME.search(stem):
        yield source.found(1, f"{stem} is a vague name for a module; say what it is.")
    for node in ast.walk(source.tree) if source.tree else ():
        if isinstance(node, Function | ast.ClassDef) and VAGUE_NAME.search(node.name):
            yield source.found(node.lineno, f"{node.name} is a vague name; say what it is.")


def check_reasons(source: Source) -> Iterator[Finding]:
    """Every exception from a rule gives its reason on its line: `# noqa: X123 - because`."""
    if source.tree is None:
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        matches = list(EXCEPTION.finditer(token.string))
        if matches and not REASON.match(token.string, matches[-1].end()):
            yield source.found(token.start[0], "An exception from a rule needs its reason after it: ` - because …`.")


def check_words(source: Source) -> Iterator[Finding]:
    """The project speaks of itself alone."""
    if any(PurePosixPath(source.path).match(pattern) for pattern in NOT_OURS) or reads_recordings(source):
        return
    for number, line in enumerate(source.text.splitlines(), start=1):
        for pattern, meaning in FOREIGN_WORDS.items():
            if match := pattern.search(line):
                yield source.found(number, f"{match.group().strip()!r} is {meaning}; take it out.")


def reads_recordings(source: Source) -> bool:
    """Whether this is a test that may read the recordings beside the checkout."""
    return source.path.startswith("tests/") and "mark.recordings" in source.text


def check_docstring(source: Source) -> Iterator[Finding]:
    """Every file of the program and its scripts opens with what it is."""
    scripts = source.path.startswith(("scripts/", "bench/"))
    if source.tree and (source.in_package or scripts) and not ast.get_docstring(source.tree):
        yield source.found(1, "The module needs a docstring: what it is, what it is not, its counterpart.")


def methods(source: Source) -> Iterator[Function]:
    """The public methods of the public classes of a file of the package."""
    if not (source.in_package and source.tree):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (m for m in node.body if isinstance(m, Function) and not m.name.startswith("_"))


def check_method_docs(sources: list[Source]) -> Iterator[Finding]:
    """A public method has a docstring, unless a protocol or base class documents one of its name."""
    documented = {m.name for source in sources for m in methods(source) if ast.get_docstring(m)}
    for source in sources:
        for method in methods(source):
            if method.name not in documented:
                yield source.found(method.lineno, f"{method.name} is public and has no docstring.")


def check_tests(sources: list[Source]) -> Iterator[Finding]:
    """One file of the package, one file of tests; declarations alone need none."""
    paths = {source.path for source in sources}
    for source in sources:
        inside = PurePosixPath(source.path.removeprefix(PACKAGE))
        test = str("tests" / inside.with_name(f"test_{inside.name}"))
        if source.in_package and test not in paths and any(map(does_something, functions(source))):
            yield source.found(1, f"The module has no test; {test} is its place.")


def does_something(function: Function) -> bool:
    """Whether a body has more than a docstring and `...`."""
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in function.body)


PER_FILE = (check_sizes, check_names, check_reasons, check_words, check_docstring)
PER_PROJECT = (check_method_docs, check_tests)


def check(sources: list[Source]) -> list[Finding]:
    """Every breach, sorted by place."""
    single = [finding for source in sources for rule in PER_FILE for finding in rule(source)]
    whole = [finding for rule in PER_PROJECT for finding in rule(sources)]
    return sorted(single + whole)


def read(root: Path, path: str) -> Source | None:
    """A file of the checkout; None where it is no text or was deleted."""
    try:
        text = (root / path).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        return None
    return Source(path, text, ast.parse(text, path) if path.endswith(".py") else None)


def project_files(root: Path) -> list[str]:
    """What git tracks, and what it would track if it were added."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own words only
    return sorted(set(filter(None, listing.stdout.split("\0"))))


def main(root: Path) -> int:
    """Check the checkout at `root`. Returns the exit code."""
    sources = [source for path in project_files(root) if (source := read(root, path))]
    findings = check(sources)
    for finding in findings:
        print(finding)
    print(f"check_size: {len(findings)} breaches in {len(sources)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
