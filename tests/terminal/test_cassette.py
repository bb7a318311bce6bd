"""`antiphon cassette …`, as a person runs it."""

from pathlib import Path

import pytest
from cassettes.tapes import chat, event, interaction

from antiphon.cassettes.interaction import End, Interaction
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import Head, write_cassette
from antiphon.cli import main

KEY = "sk-proj-0123456789abcdefghij"


def written(path: Path, *interactions: Interaction) -> str:
    write_cassette(path, Head(5), interactions)
    return str(path)


@pytest.fixture
def tape(tmp_path: Path) -> str:
    hello = interaction(chat("Say hello."), event("Hello!"))
    old, new = (interaction(chat("Ho?"), event(text), take=take) for take, text in ((1, "Old."), (2, "New.")))
    return written(
        tmp_path / "tape.jsonl", hello, old, new, interaction(chat("Hm?"), event("M"), end=End.CUT, scope="t")
    )


class Terminal:
    """Runs a command and gives its exit status and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int, str]:
        status = main(["cassette", *words], {})
        out = self._capsys.readouterr()
        return status, out.out + out.err


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_ls_has_a_line_for_each(terminal: Terminal, tape: str) -> None:
    assert terminal.run("ls", tape) == (
        0,
        (
            '   1 POST /v1/chat/completions llama3.2 "Say hello."\n'
            '   2 POST /v1/chat/completions llama3.2 "Ho?"\n'
            '   3 POST /v1/chat/completions llama3.2 "Ho?" take 2\n'
            '   4 POST /v1/chat/completions llama3.2 "Hm?" scope t cut\n'
        ),
    )


def test_show_puts_the_answer_together_beside_its_chunks(terminal: Terminal, tape: str) -> None:
    status, said = terminal.run("show", tape, "1")
    assert status == 0
    assert "tape.jsonl:2  POST http://127.0.0.1:11434/v1/chat/completions\n" in said
    assert "\nHello!\n" in said
    assert "0 ms  b'data: {" in said
    assert "New." not in said
    assert "New." in terminal.run("show", tape)[1]
    assert terminal.run("show", tape, "9") == (2, f"antiphon: There is no interaction 9: {tape} has 4.\n")


def test_stats_count(terminal: Terminal, tape: str) -> None:
    status, said = terminal.run("stats", tape)
    assert status == 0
    assert said.startswith("4 interactions, 4 chunks, ")
    assert "  end      complete 3, cut 1\n" in said
    assert "  scope    t 1\n" in said


def test_verify_is_for_ci(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    status, said = terminal.run("verify", tape)
    assert status == 0
    assert "note tape.jsonl:6: no request leads here" in said
    assert said.endswith("4 interactions, 0 failures, 2 notes\n")
    assert terminal.run("verify", "--quiet", tape)[1] == "4 interactions, 0 failures, 2 notes\n"
    spoiled = written(tmp_path / "spoiled.jsonl", interaction(chat("hi"), event(f"It is {KEY}.")))
    status, said = terminal.run("verify", spoiled)
    assert status == 1
    assert "BAD  spoiled.jsonl:2: the answer holds a secret" in said
    (tmp_path / "damaged.jsonl").write_text('{"antiphon":"cassette","version":1}\nnonsense\n\n{}\n')
    status, said = terminal.run("verify", str(tmp_path / "damaged.jsonl"))
    assert status == 1
    assert said.startswith("BAD  damaged.jsonl:2 can't be read")


def test_prune_takes_out_what_nothing_leads_to(terminal: Terminal, tape: str) -> None:
    assert terminal.run("prune", tape) == (0, "1 of 4 interactions taken out\n")
    assert terminal.run("prune", tape) == (0, "0 of 3 interactions taken out\n")
    assert terminal.run("verify", tape)[1].count("note") == 2


def test_redact_takes_out_what_slipped_through(terminal: Terminal, tmp_path: Path) -> None:
    spoiled = written(tmp_path / "spoiled.jsonl", interaction(chat("ticket-4711"), event(f"It is {KEY}.")))
    assert terminal.run("redact", spoiled, "--pattern", r"ticket-\d+")[0] == 0
    text = Path(spoiled).read_text()
    assert KEY not in text
    assert "4711" not in text
    assert terminal.run("verify", spoiled)[0] == 0
    assert terminal.run("redact", spoiled, "--pattern", "(")[0] == 2
    assert terminal.run("redact", str(tmp_path))[0] == 2


def test_diff_tells_what_is_asked_and_answered_differently(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    assert terminal.run("diff", tape, tape) == (0, "")
    other = written(
        tmp_path / "other.jsonl",
        interaction(chat("Say hello."), event("Hi!")),
        interaction(chat("Ho?"), event("New.")),
        interaction(chat("New?"), event("Yes.")),
    )
    assert terminal.run("diff", tape, other) == (
        1,
        (
            '  POST /v1/chat/completions llama3.2 "Say hello."\n'
            "    - 200 complete 'Hello!'\n"
            "    + 200 complete 'Hi!'\n"
            '- POST /v1/chat/completions llama3.2 "Hm?"\n'
            '+ POST /v1/chat/completions llama3.2 "New?"\n'
        ),
    )


def test_merge_and_split(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    out = str(tmp_path / "all.jsonl")
    assert terminal.run("merge", tape, tape, "--out", out) == (0, f"6 interactions in {out}\n")
    assert terminal.run("merge", tape, "--out", out)[0] == 2
    status, said = terminal.run("split", out, "--by", "scope", "--out", str(tmp_path / "parts"))
    assert (status, said.count("interactions in")) == (0, 2)
    assert [len(read_cassette(tmp_path / "parts" / name)) for name in ("everyone.jsonl", "t.jsonl")] == [4, 2]


@pytest.mark.recordings
def test_all_recordings_verify_and_import(terminal: Terminal, recordings_dir: Path, tmp_path: Path) -> None:
    folder = str(recordings_dir / "llama-stack-e9b4278a5")
    status, said = terminal.run("verify", "--quiet", folder)
    assert (status, said.split(",")[:2]) == (0, ["938 interactions", " 0 failures"])
    out = str(tmp_path / "all.jsonl")
    assert terminal.run("import", folder, "--out", out) == (0, f"938 interactions in {out}\n")
    assert terminal.run("diff", folder, out) == (0, "")
