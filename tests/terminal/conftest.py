"""A terminal that runs `antiphon cassette`, and a cassette for it."""

from pathlib import Path

import pytest
from cassettes.tapes import chat, event, interaction

from antiphon.cassettes.interaction import End, Interaction
from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.cli import main


def written(path: Path, *interactions: Interaction) -> str:
    """A cassette with these, and its path."""
    write_cassette(path, Head(5), interactions)
    return str(path)


class Terminal:
    """Runs a command and gives its exit status and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: str, **variables: str) -> tuple[int, str]:
        """The status, and standard output before standard error."""
        status = main(["cassette", *words], variables)
        out = self._capsys.readouterr()
        return status, out.out + out.err


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Where commands are typed."""
    return Terminal(capsys)


@pytest.fixture
def tape(tmp_path: Path) -> str:
    """The path of a cassette with four interactions, one of them a later take, one cut."""
    hello = interaction(chat("Say hello."), event("Hello!"))
    old, new = (interaction(chat("Ho?"), event(text), take=take) for take, text in ((1, "Old."), (2, "New.")))
    return written(
        tmp_path / "tape.jsonl", hello, old, new, interaction(chat("Hm?"), event("M"), end=End.CUT, scope="t")
    )
