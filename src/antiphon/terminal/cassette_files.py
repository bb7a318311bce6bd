"""`antiphon cassette` prune, redact, merge, split, import, export, upgrade: new files made from cassettes.

Counterparts: `cassettes/rewriting.py` and `cassettes/exporters/`, which do the work.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.exporters import curl, har, llama_stack
from antiphon.cassettes.format import VERSION, read_header
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.personal import read_finder
from antiphon.cassettes.rewriting import head_of, merged, reachable, redacted, split, write_cassette
from antiphon.errors import CassetteInvalid, ConfigFault
from antiphon.terminal.serving import say
from antiphon.terminal.tapes import new_path, own_file

Said = argparse.Namespace
STANDARD = "-"


def prune(said: Said) -> int:
    """Take out what no request leads to."""
    tape = read_cassette(own_file(said.tape))
    kept = reachable(tape)
    write_cassette(own_file(said.tape), head_of(tape), kept)
    say(f"{len(tape) - len(kept)} of {len(tape)} interactions taken out")
    return 0


def upgrade(said: Said) -> int:
    """Write it in the newest version of the format: the same interactions, large bodies beside the file."""
    path = Path(said.tape)
    if not path.is_dir():
        say(_upgraded(own_file(said.tape)))
        return 0
    for file in sorted(path.rglob("*.jsonl")):
        try:
            say(f"{file.relative_to(path)}: {_upgraded(file)}")
        except CassetteInvalid as fault:
            say(f"{file.relative_to(path)}: left as it is. {fault.message}")
    return 0


def _upgraded(file: Path) -> str:
    with file.open("rb") as opened:
        if read_header(opened, file.name).version == VERSION:
            return f"version {VERSION} already"
    tape = read_cassette(file)
    return f"{write_cassette(file, head_of(tape), tape.interactions)} interactions in version {VERSION}"


def redact(said: Said) -> int:
    """Take out secrets, and what is asked for; replays then take that out of what they are asked, too."""
    tape = read_cassette(own_file(said.tape))
    more = list(dict.fromkeys([*tape.redact, *([said.pattern] if said.pattern else [])]))
    finders = [read_finder(text) for text in more]
    head = replace(head_of(tape), redact=tuple(more))
    count = write_cassette(own_file(said.tape), head, [redacted(each, finders) for each in tape.interactions])
    say(f"{count} interactions written without secrets")
    return 0


def merge(said: Said) -> int:
    """Put several into one."""
    tapes = [read_cassette(Path(path)) for path in said.tapes]
    head = replace(head_of(tapes[0]), redact=tuple(dict.fromkeys(text for tape in tapes for text in tape.redact)))
    say(f"{write_cassette(new_path(said.out), head, merged(tapes))} interactions in {said.out}")
    return 0


def split_up(said: Said) -> int:
    """Make one of each scope, upstream or path."""
    tape = read_cassette(Path(said.tape))
    for name, interactions in sorted(split(tape, said.by).items()):
        path = new_path(str(Path(said.out) / f"{name}.jsonl"))
        say(f"{write_cassette(path, head_of(tape), interactions)} interactions in {path}")
    return 0


def import_(said: Said) -> int:
    """Recordings of Llama Stack, vcrpy or a browser (HAR), or whatever else can be read, as a file of our own."""
    tape = read_cassette(Path(said.tape))
    for note in tape.notes:
        print(f"note {note}", file=sys.stderr)
    count = write_cassette(new_path(said.out), head_of(tape), [redacted(each) for each in tape.interactions])
    say(f"{count} interactions in {said.out}")
    return 0


def export(said: Said) -> int:
    """What is on a cassette in another program's form; 1 where that has no place for some of it."""
    return FORMATS[said.to](read_cassette(Path(said.tape)), said.out)


def _to_llama_stack(tape: Cassette, out: str) -> int:
    if out == STANDARD:
        raise ConfigFault("Llama Stack's recordings are a file each: name a new folder with --out.")
    folder, left_out, count = new_path(out), 0, 0
    for each in tape.interactions:
        answered = each.load()
        try:
            content = llama_stack.encode(llama_stack.recording(each, answered))
        except llama_stack.NotExportable as error:
            left_out += 1
            print(f"left out {each.origin}: {error}", file=sys.stderr)
            continue
        _write(_inside(folder, llama_stack.file_name(each, answered)), content)
        count += 1
    say(f"{count} recordings in {out}" + (f", {left_out} left out" if left_out else ""))
    return int(left_out > 0)


def _to_har(tape: Cassette, out: str) -> int:
    text = json.dumps(har.archive(tape.interactions, tape.start), indent=1, ensure_ascii=False)
    return _give(out, f"{text}\n", f"{len(tape)} calls")


def _to_curl(tape: Cassette, out: str) -> int:
    asked = [each for each in reachable(tape) if each.asked.method != llama_stack.TOOL_METHOD]
    return _give(out, "\n".join(curl.command(each) for each in asked), f"{len(asked)} commands")


FORMATS: dict[str, Callable[[Cassette, str], int]] = {
    "llama-stack": _to_llama_stack,
    "har": _to_har,
    "curl": _to_curl,
}


def _give(out: str, text: str, what: str) -> int:
    if out == STANDARD:
        sys.stdout.write(text)
        return 0
    _write(new_path(out), text.encode())
    say(f"{what} in {out}")
    return 0


def _inside(folder: Path, name: str) -> Path:
    """A path in a folder; the name comes out of a cassette, which anybody may have written."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigFault(
            f"The cassette names the file {name!r}, which is outside of {folder}; nothing is written there."
        )
    return path


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigFault(f"{path} can't be written: {error.strerror}.") from None
