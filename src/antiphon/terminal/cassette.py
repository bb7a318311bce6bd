"""`antiphon cassette …`: what is on a cassette, what is wrong with it, and new ones made from it.

Counterparts: `cassettes/telling.py`, `verify.py` and `rewriting.py`, which do the work.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import head_of, merged, reachable, redacted, split, write_cassette
from antiphon.cassettes.telling import answer_text, request_line
from antiphon.cassettes.verify import verify
from antiphon.errors import CassetteInvalid, ConfigFault
from antiphon.terminal.serving import say

WIDTH = 110
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"

Said = argparse.Namespace


def cassette(said: Said) -> int:
    """Carry out one of `ACTIONS`; returns the exit status."""
    return ACTIONS[said.action](said)


def _ls(said: Said) -> int:
    for number, each in enumerate(read_cassette(Path(said.tape)).interactions, 1):
        marks = [f"scope {each.scope}" if each.scope else "", f"take {each.take}" if each.take > 1 else "",
                 "" if each.end == "complete" else each.end.value]  # fmt: skip
        say(" ".join(filter(None, [f"{number:>4}", _short(request_line(each)), *marks])))
    return 0


def _show(said: Said) -> int:
    tape = read_cassette(Path(said.tape))
    chosen = tape.interactions if said.number is None else [_numbered(tape, said.number)]
    for each in chosen:
        _show_one(each)
    return 0


def _show_one(each: Interaction) -> None:
    answered = each.load()
    bold, dim, plain = (BOLD, DIM, PLAIN) if sys.stdout.isatty() else ("", "", "")
    say(f"{bold}{each.origin}  {each.asked.method} {each.asked.url}{plain}")
    say(each.asked.body.decode(errors="replace"))
    say(f"{dim}{answered.status}, {len(answered.chunks)} chunks in {answered.ms} ms, {each.end.value}{plain}")
    say(answer_text(answered))
    for chunk in answered.chunks:
        say(f"{dim}  {chunk.ms:>6} ms  {_short(repr(chunk.data))}{plain}")
    say("")


def _stats(said: Said) -> int:
    tape = read_cassette(Path(said.tape))
    answers = [each.load() for each in tape.interactions]
    size = sum(len(chunk.data) for answer in answers for chunk in answer.chunks)
    say(f"{len(tape)} interactions, {sum(len(a.chunks) for a in answers)} chunks, {size} bytes of answers, "
        f"{sum(len(each.asked.body) for each in tape.interactions)} of requests")  # fmt: skip
    counts = {
        "upstream": Counter(each.asked.upstream for each in tape.interactions),
        "path": Counter(each.asked.path.partition("?")[0] for each in tape.interactions),
        "status": Counter(str(answer.status) for answer in answers),
        "end": Counter(each.end.value for each in tape.interactions),
        "scope": Counter(each.scope for each in tape.interactions if each.scope),
        "take": Counter(str(each.take) for each in tape.interactions if each.take > 1),
    }
    for name, counted in counts.items():
        shown = counted.most_common(8)
        more = f", and {len(counted) - len(shown)} more" if len(counted) > len(shown) else ""
        if counted:
            say(f"  {name:<9}" + ", ".join(f"{_short(key, 40)} {count}" for key, count in shown) + more)
    return 0


def _verify(said: Said) -> int:
    try:
        tape = read_cassette(Path(said.tape))
    except CassetteInvalid as error:
        say(f"BAD  {error.message}")
        return 1
    grave = 0
    findings = 0
    for finding in verify(tape):
        grave += finding.grave
        findings += 1
        if finding.grave or not said.quiet:
            say(f"{'BAD ' if finding.grave else 'note'} {finding}")
    say(f"{len(tape)} interactions, {grave} failures, {findings - grave} notes")
    return int(grave > 0)


def _diff(said: Said) -> int:
    """As `diff`, 1 when there is a difference."""
    old, new = (read_cassette(Path(path)) for path in (said.tape, said.other))
    lines = list(_differences(old, new))
    for line in lines:
        say(line)
    return int(bool(lines))


def _differences(old: Cassette, new: Cassette) -> Iterator[str]:
    """Pairs requests that are equal, in their order."""
    left: dict[tuple[bytes, str], list[Interaction]] = {}
    for each in reachable(new):
        left.setdefault((each.asked.key, each.scope), []).append(each)
    for each in reachable(old):
        pair = left.get((each.asked.key, each.scope))
        if not pair:
            yield f"- {_short(request_line(each))}"
            continue
        yield from _answer_differences(each, pair.pop(0))
    for each in (each for rest in left.values() for each in rest):
        yield f"+ {_short(request_line(each))}"


def _answer_differences(one: Interaction, other: Interaction) -> Iterator[str]:
    before, after = one.load(), other.load()
    texts = answer_text(before), answer_text(after)
    if (before.status, before.end, texts[0]) == (after.status, after.end, texts[1]):
        return
    yield f"  {_short(request_line(one))}"
    yield f"    - {before.status} {before.end.value} {_short(repr(texts[0]))}"
    yield f"    + {after.status} {after.end.value} {_short(repr(texts[1]))}"


def _prune(said: Said) -> int:
    tape = read_cassette(_file(said))
    kept = reachable(tape)
    write_cassette(_file(said), head_of(tape), kept)
    say(f"{len(tape) - len(kept)} of {len(tape)} interactions taken out")
    return 0


def _redact(said: Said) -> int:
    try:
        pattern = re.compile(said.pattern) if said.pattern else None
    except re.error as error:
        raise ConfigFault(f"--pattern {said.pattern!r} is no regular expression: {error}.") from None
    tape = read_cassette(_file(said))
    count = write_cassette(_file(said), head_of(tape), [redacted(each, pattern) for each in tape.interactions])
    say(f"{count} interactions written without secrets")
    return 0


def _merge(said: Said) -> int:
    tapes = [read_cassette(Path(path)) for path in said.tapes]
    say(f"{write_cassette(_new(said.out), head_of(tapes[0]), merged(tapes))} interactions in {said.out}")
    return 0


def _split(said: Said) -> int:
    tape = read_cassette(Path(said.tape))
    for name, interactions in sorted(split(tape, said.by).items()):
        path = _new(str(Path(said.out) / f"{name}.jsonl"))
        say(f"{write_cassette(path, head_of(tape), interactions)} interactions in {path}")
    return 0


def _import(said: Said) -> int:
    """Recordings of Llama Stack, or whatever else can be read in place, as a file of our own."""
    tape = read_cassette(Path(said.tape))
    count = write_cassette(_new(said.out), head_of(tape), [redacted(each) for each in tape.interactions])
    say(f"{count} interactions in {said.out}")
    return 0


def _numbered(tape: Cassette, number: int) -> Interaction:
    if not 0 < number <= len(tape):
        raise ConfigFault(f"There is no interaction {number}: {tape.name} has {len(tape)}.")
    return tape.interactions[number - 1]


def _file(said: Said) -> Path:
    path = Path(said.tape)
    if path.is_dir() or path.suffix == ".json":
        raise ConfigFault(f"{path} is no single file of our own, which is what is written: import or merge it first.")
    return path


def _new(path: str) -> Path:
    if Path(path).exists():
        raise ConfigFault(f"{path} is there already, and nothing is overwritten. Name another file.")
    return Path(path)


def _short(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


ACTIONS: dict[str, Callable[[Said], int]] = {
    "ls": _ls,
    "show": _show,
    "stats": _stats,
    "verify": _verify,
    "diff": _diff,
    "prune": _prune,
    "redact": _redact,
    "merge": _merge,
    "split": _split,
    "import": _import,
}
