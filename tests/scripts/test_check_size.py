"""The rules of `scripts/check_size.py`, each shown a breach and its cure."""

import ast
import os
import subprocess
from pathlib import Path

import pytest

from check_size import Source, check, main

DOC = '"""A module."""\n'
# Put together here, so that this file passes its own rule.
MACHINE_PATH = f"{os.sep}home/ada/antiphon"
OUTSIDE = f"{os.pardir}/shared/recordings"
NUMBER = 12


def source(path: str, text: str) -> Source:
    return Source(path, text, ast.parse(text) if path.endswith(".py") else None)


def breaches(*sources: Source) -> list[str]:
    return [str(finding) for finding in check(list(sources))]


def function(lines: int) -> str:
    return "def long():\n" + "    f()\n" * (lines - 1)


@pytest.mark.parametrize("path", ["tests/test_a.py", "scripts/a.py"])
def test_a_file_may_have_500_lines_and_no_more(path: str) -> None:
    whole = DOC + "x = 1\n" * 499
    assert breaches(source(path, whole)) == []
    assert breaches(source(path, whole + "x = 1\n")) == [
        f"{path}:1: The file has 501 lines; split it, 500 are allowed."
    ]


def test_a_document_may_be_long() -> None:
    assert breaches(source("docs/a.md", "words\n" * 900)) == []


def test_a_function_may_have_50_lines_and_no_more() -> None:
    assert breaches(source("scripts/a.py", DOC + function(50))) == []
    assert breaches(source("scripts/a.py", DOC + function(51))) == [
        "scripts/a.py:2: long has 51 lines; split it, 50 are allowed."
    ]


def test_a_nested_async_function_counts_too() -> None:
    inner = "".join(f"    {line}\n" for line in ("async " + function(51)).splitlines())
    found = breaches(source("scripts/a.py", DOC + "def outer():\n" + inner))
    assert [line.partition(" ")[2] for line in found] == [
        "outer has 52 lines; split it, 50 are allowed.",
        "long has 51 lines; split it, 50 are allowed.",
    ]


@pytest.mark.parametrize("name", ["StreamManager", "EventHandler", "json_utils", "process_items", "parse_v2"])
def test_vague_names_are_refused(name: str) -> None:
    kind = "class" if name[0].isupper() else "def"
    colon = ":" if kind == "class" else "():"
    found = breaches(source("scripts/a.py", f"{DOC}{kind} {name}{colon}\n    x = 1\n"))
    assert found == [f"scripts/a.py:2: {name} is a vague name; say what it is."]


@pytest.mark.parametrize("name", ["Handle", "handle", "in_process", "Utilisation", "implied"])
def test_names_that_only_look_vague_are_fine(name: str) -> None:
    assert breaches(source("scripts/a.py", f"{DOC}def {name}():\n    x = 1\n")) == []


def test_a_vague_module_is_refused() -> None:
    assert breaches(source("scripts/helpers.py", DOC)) == [
        "scripts/helpers.py:1: helpers is a vague name for a module; say what it is."
    ]


@pytest.mark.parametrize(
    "exception", ["noqa", "noqa: S101", "noqa: S101, E501", "type: ignore[misc]", "pragma: no cover"]
)
def test_an_exception_from_a_rule_needs_a_reason(exception: str) -> None:
    bare = source("scripts/a.py", f"{DOC}x = 1  # {exception}\n")
    assert breaches(bare) == ["scripts/a.py:2: An exception from a rule needs its reason after it: ` - because …`."]
    for reason in (" - the protocol asks for it", "  # the protocol asks for it"):
        assert breaches(source("scripts/a.py", f"{DOC}x = 1  # {exception}{reason}\n")) == []


def test_a_string_is_no_exception() -> None:
    assert breaches(source("scripts/a.py", f'{DOC}x = "# noqa"\n')) == []


@pytest.mark.parametrize("path", ["README.md", "src/antiphon/cli.py", "Makefile"])
@pytest.mark.parametrize("words", [MACHINE_PATH, OUTSIDE, f"see issue {NUMBER}"])
def test_the_project_speaks_of_itself_alone(path: str, words: str) -> None:
    found = breaches(source(path, f'"""About {words}."""\n'))
    assert [line.partition(" is ")[0].partition(" ")[0] for line in found] == [f"{path}:1:"]


def test_tests_of_recordings_may_name_them_and_locks_are_not_ours() -> None:
    marked = f'import pytest\npytestmark = pytest.mark.recordings\nPLACE = "{OUTSIDE}"\n'
    assert breaches(source("tests/test_a.py", marked)) == []
    assert breaches(source("requirements/run.txt", MACHINE_PATH)) == []


def test_addresses_are_no_machine_paths() -> None:
    assert breaches(source("README.md", "http://example.org/home/page, $HOME/work/x and ~/work/x")) == []


@pytest.mark.parametrize("path", ["src/antiphon/a.py", "scripts/a.py", "bench/a.py"])
def test_a_module_needs_a_docstring(path: str) -> None:
    sentence = "The module needs a docstring: what it is, what it is not, its counterpart."
    assert breaches(source(path, "X = 1\n")) == [f"{path}:1: {sentence}"]


def test_a_public_method_needs_a_docstring_unless_a_protocol_has_it() -> None:
    user = source("src/antiphon/a.py", f"{DOC}class Tape:\n    def play(self): ...\n    def _cut(self): ...\n")
    documented = 'class Player(Protocol):\n    def play(self):\n        """Play."""\n'
    protocol = source("src/antiphon/b.py", DOC + documented)
    assert breaches(user) == ["src/antiphon/a.py:3: play is public and has no docstring."]
    assert breaches(user, protocol) == []


def test_a_module_that_does_something_needs_its_test() -> None:
    module = source("src/antiphon/wire/a.py", f"{DOC}def f():\n    return 1\n")
    test = source("tests/wire/test_a.py", "")
    assert breaches(module) == ["src/antiphon/wire/a.py:1: The module has no test; tests/wire/test_a.py is its place."]
    assert breaches(module, test) == []


def test_declarations_need_no_test() -> None:
    protocol = 'class Door(Protocol):\n    def open(self):\n        """Open."""\n        ...\n'
    assert breaches(source("src/antiphon/a.py", DOC + protocol)) == []


def test_main_reads_a_checkout_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    (tmp_path / "ignored.py").write_text("def process_it(): ...\n")
    (tmp_path / "picture.png").write_bytes(b"\xff\xd8")
    (tmp_path / "a.py").write_text("def process_it(): ...\n")
    assert main(tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a.py:1: process_it is a vague name; say what it is.",
        "check_size: 1 breaches in 2 files",
    ]
    (tmp_path / "a.py").unlink()
    assert main(tmp_path) == 0


def test_a_folder_that_git_does_not_know_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        main(tmp_path)
