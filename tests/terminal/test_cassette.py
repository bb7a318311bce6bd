"""`antiphon cassette` ls, show, stats, verify and diff, as a person runs them."""

from pathlib import Path

from cassettes.tapes import chat, event, interaction
from terminal.conftest import Terminal, written

KEY = "sk-proj-0123456789abcdefghij"


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
