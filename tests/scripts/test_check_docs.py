"""The checks of `scripts/check_docs.py`, each shown a page that breaks it and one that doesn't."""

import argparse
import subprocess
from pathlib import Path

import pytest

from check_docs import Vocabulary, check_page, main

MAKEFILE = ".DEFAULT_GOAL := help\ntest: .venv/x ## run\n\tpytest\nVENV := .venv\n"


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="antiphon")
    serve = root.add_subparsers(required=True).add_parser("serve")
    serve.add_argument("--port", type=int)
    serve.add_argument("--alias", action="append")
    return root


def found(folder: Path, text: str) -> list[str]:
    (folder / "page.md").write_text(text)
    vocabulary = Vocabulary(frozenset({"test", "demo"}), parser())
    return [str(finding) for finding in check_page(folder, "page.md", vocabulary)]


def test_python_must_compile(tmp_path: Path) -> None:
    assert found(tmp_path, "Words\n\n```python\nx = 1\ny = = 2\n```\n") == [
        "page.md:5: The Python example doesn't compile: invalid syntax."
    ]


def test_python_may_await_and_stand_in_a_list(tmp_path: Path) -> None:
    assert found(tmp_path, "- Words\n\n  ```python\n  await f()\n  ```\n") == []


def test_other_languages_are_let_be(tmp_path: Path) -> None:
    assert found(tmp_path, "```json\n{= antiphon serve --no\n```\n```\nantiphon nothing\n```\n") == []


@pytest.mark.parametrize(
    "command",
    [
        "antiphon serve --port 9000",
        ".venv/bin/antiphon serve --alias 'gpt*=ollama/qwen3' --alias \"b=c\"  # a comment",
        "ANTIPHON_PORT=1 antiphon serve & curl -s http://127.0.0.1:1/v1/health | head",
        "antiphon serve \\\n  --port 9000",
        'curl -d \'{\n  "a": "antiphon nothing"\n}\' http://127.0.0.1:1',
        "antiphon serve --help",
        "make test VENV=.venv-3.13 && make demo",
        "echo antiphon nothing",
    ],
)
def test_commands_that_exist_are_accepted(tmp_path: Path, command: str) -> None:
    assert found(tmp_path, f"```bash\n{command}\n```\n") == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("antiphon serve --nothing", "unrecognized arguments: --nothing"),
        ("cd x && antiphon serve --port", "argument --port: expected one argument"),
        ("antiphon serve \\\n  --port many", "argument --port: invalid int value: 'many'"),
    ],
)
def test_commands_that_do_not_exist_are_refused(tmp_path: Path, command: str, complaint: str) -> None:
    for page in (f"```bash\n{command}\n```\n", f"```console\n$ {command}\nantiphon said this\n```\n"):
        assert found(tmp_path, page) == [f"page.md:2: The command line doesn't accept this: {complaint}."]


def test_an_unknown_subcommand_is_refused(tmp_path: Path) -> None:
    (line,) = found(tmp_path, "```bash\necho\nantiphon sing\n```\n")
    assert line.startswith("page.md:3: The command line doesn't accept this: ")
    assert "'sing'" in line


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    assert found(tmp_path, "```bash\nmake test dance\n```\n") == ["page.md:2: The Makefile has no target 'dance'."]


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    assert found(tmp_path, "```bash\necho 'oh\n```\n") == ["page.md:2: A quote of this command is never closed."]


def test_links_lead_to_files_of_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    (tmp_path.parent / "outside.md").touch()
    assert found(tmp_path, "[a](there.md#part) [b](https://example.org/x) [c](#part) `[d](gone.md)`\n") == []
    assert found(tmp_path, "```\n[a](gone.md)\n```\n") == []
    assert found(tmp_path, '\n![a](gone.png "A picture") [b](../outside.md)\n') == [
        "page.md:2: The link to ../outside.md leads nowhere in the checkout.",
        "page.md:2: The link to gone.png leads nowhere in the checkout.",
    ]


def test_main_reads_a_checkout_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "a.md").write_text("```bash\nmake test\nmake help\nantiphon sing\n```\n")
    assert main(tmp_path, None) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a.md:3: The Makefile has no target 'help'.",
        "check_docs: 1 breaches in 1 pages; antiphon commands unchecked: there is no antiphon.cli",
    ]
    (tmp_path / "a.md").write_text("```bash\nmake test\n```\n")
    assert main(tmp_path, parser()) == 0
