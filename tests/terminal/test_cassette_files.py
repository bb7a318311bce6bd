"""The commands of `antiphon cassette` that write: prune, redact, merge, split, import, export."""

import json
from pathlib import Path

import pytest
from cassettes.tapes import chat, event, interaction, request
from terminal.conftest import Terminal, written

from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.personal import read_finder
from antiphon.cassettes.redaction import redact_request

KEY = "sk-proj-0123456789abcdefghij"


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
    assert json.loads(text.splitlines()[0])["redact"] == [r"ticket-\d+"]
    tape = read_cassette(Path(spoiled))
    assert tape.find(redact_request(request(chat("ticket-12")), [read_finder(tape.redact[0])])) is not None
    assert terminal.run("verify", spoiled)[0] == 0
    assert terminal.run("redact", spoiled, "--pattern", "(")[0] == 2
    assert terminal.run("redact", str(tmp_path))[0] == 2


def test_upgrade_keeps_all_of_it_in_the_newest_version(terminal: Terminal, tape: str) -> None:
    lines = Path(tape).read_text().splitlines()
    Path(tape).write_text("\n".join([lines[0].replace('"version":2', '"version":1'), *lines[1:], ""]))
    assert terminal.run("upgrade", tape) == (0, "4 interactions in version 2\n")
    assert Path(tape).read_text().splitlines() == lines
    assert terminal.run("upgrade", tape) == (0, "version 2 already\n")


def test_upgrade_goes_through_a_folder(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    head, *lines = Path(tape).read_text().splitlines()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "old.jsonl").write_text("\n".join([head.replace('"version":2', '"version":1'), *lines, ""]))
    (tmp_path / "other.jsonl").write_text("{}\n")
    status, said = terminal.run("upgrade", str(tmp_path))
    assert status == 0
    assert [line.partition(".jsonl: ")[2][:15] for line in said.splitlines()] == [
        "left as it is. ", "4 interactions ", "version 2 alrea",
    ]  # fmt: skip
    assert len(read_cassette(tmp_path / "sub" / "old.jsonl")) == 4


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
    # That all are sound is shown by `cassettes/test_verify.py`.
    status, said = terminal.run("verify", "--quiet", f"{folder}/tool_runtime")
    assert (status, said.split(",")[:2]) == (0, ["11 interactions", " 0 failures"])
    out = str(tmp_path / "all.jsonl")
    assert terminal.run("import", folder, "--out", out) == (0, f"938 interactions in {out}\n")
    back = str(tmp_path / "back")
    assert terminal.run("export", out, "--to", "llama-stack", "--out", back) == (0, f"938 recordings in {back}\n")
    assert sum(path.is_file() for path in Path(back).rglob("*")) == 938
    for path in Path(folder).rglob("*.json"):
        assert json.loads(Path(back, path.relative_to(folder)).read_bytes()) == json.loads(path.read_bytes())


def test_export_to_llama_stack_and_back(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    folder, again = str(tmp_path / "recordings"), str(tmp_path / "again.jsonl")
    assert terminal.run("export", tape, "--to", "llama-stack", "--out", folder) == (0, f"4 recordings in {folder}\n")
    assert len(list(Path(folder).glob("*.json"))) == 4
    assert terminal.run("import", folder, "--out", again)[0] == 0
    assert terminal.run("export", tape, "--to", "llama-stack", "--out", folder)[0] == 2
    status, said = terminal.run("export", tape, "--to", "llama-stack")
    assert (status, "--out" in said) == (2, True)


def test_export_says_what_has_no_place(terminal: Terminal, tmp_path: Path) -> None:
    sound = written(tmp_path / "sound.jsonl", interaction(b"\xff", event("x")), interaction(chat("x"), event("x")))
    status, said = terminal.run("export", sound, "--to", "llama-stack", "--out", str(tmp_path / "out"))
    assert (status, said.startswith("1 recordings in")) == (1, True)
    assert "left out sound.jsonl:2: its request isn't JSON" in said


def test_a_name_in_a_cassette_leads_nowhere_else(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    lines = Path(tape).read_text().splitlines(keepends=True)
    head = json.loads(lines[2]) | {"source": {"format": "llama-stack", "file": "../../escaped.json"}}
    Path(tape).write_text("".join([*lines[:2], json.dumps(head) + "\n", *lines[3:]]))
    status, said = terminal.run("export", tape, "--to", "llama-stack", "--out", str(tmp_path / "a" / "b"))
    assert (status, "outside of" in said) == (2, True)
    assert not (tmp_path / "escaped.json").exists()


def test_export_to_har_and_curl(terminal: Terminal, tape: str, tmp_path: Path) -> None:
    har, own = str(tmp_path / "tape.har"), str(tmp_path / "own.jsonl")
    assert terminal.run("export", tape, "--to", "har", "--out", har) == (0, f"4 calls in {har}\n")
    assert terminal.run("import", har, "--out", own)[0] == 0
    assert terminal.run("diff", har, own) == (0, "")
    status, said = terminal.run("export", tape, "--to", "curl")
    assert (status, said.count("curl http://127.0.0.1:11434/v1/chat/completions")) == (0, 3)


def test_import_tells_what_it_leaves_out(terminal: Terminal, tmp_path: Path) -> None:
    har = tmp_path / "a.har"
    har.write_text('{"log":{"entries":[{"request":{"url":"http://a/v1"},"response":{"status":302}}]}}')
    status, said = terminal.run("import", str(har), "--out", str(tmp_path / "a.jsonl"))
    assert status == 0
    assert "note a.har: call 1 is left out: it is a redirect." in said
