"""`antiphon cassette …`: what is on a cassette, how it differs from another, and what is wrong with it.

Counterparts: `cassettes/telling.py` and `verify.py`, which do the work; `cassette_flags.py`, its flags;
`cassette_files.py`, the commands that write.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import reachable
from antiphon.cassettes.telling import answer_text, request_line
from antiphon.cassettes.verify import verify
from antiphon.config import Config, Environment
from antiphon.errors import CassetteInvalid
from antiphon.terminal import cassette_files
from antiphon.terminal.cassette_again import drift, rerun
from antiphon.terminal.cassette_taken import from_response
from antiphon.terminal.serving import say
from antiphon.terminal.tapes import Colours, colours, numbered, short

Said = argparse.Namespace


def cassette(said: Said, config: Config, environment: Environment) -> int:
    """Carry out one of `ACTIONS`; returns the exit status."""
    return ACTIONS[said.action](said, config, environment)


def _ls(said: Said) -> int:
    for number, each in enumerate(read_cassette(Path(said.tape)).interactions, 1):
        marks = [f"scope {each.scope}" if each.scope else "", f"take {each.take}" if each.take > 1 else "",
                 "" if each.end == "complete" else each.end.value]  # fmt: skip
        say(" ".join(filter(None, [f"{number:>4}", short(request_line(each)), *marks])))
    return 0


def _show(said: Said, environment: Environment) -> int:
    tape = read_cassette(Path(said.tape))
    chosen = tape.interactions if said.number is None else [numbered(tape, said.number)]
    for each in chosen:
        _show_one(each, colours(environment))
    return 0


def _show_one(each: Interaction, colour: Colours) -> None:
    answered = each.load()
    bold, dim, plain = colour.bold, colour.dim, colour.plain
    say(f"{bold}{each.origin}  {each.asked.method} {each.asked.url}{plain}")
    say(each.asked.body.decode(errors="replace"))
    say(f"{dim}{answered.status}, {len(answered.chunks)} chunks in {answered.ms} ms, {each.end.value}{plain}")
    say(answer_text(answered))
    for chunk in answered.chunks:
        say(f"{dim}  {chunk.ms:>6} ms  {short(repr(chunk.data))}{plain}")
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
            say(f"  {name:<9}" + ", ".join(f"{short(key, 40)} {count}" for key, count in shown) + more)
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
            yield f"- {short(request_line(each))}"
            continue
        yield from _answer_differences(each, pair.pop(0))
    for each in (each for rest in left.values() for each in rest):
        yield f"+ {short(request_line(each))}"


def _answer_differences(one: Interaction, other: Interaction) -> Iterator[str]:
    before, after = one.load(), other.load()
    texts = answer_text(before), answer_text(after)
    if (before.status, before.end, texts[0]) == (after.status, after.end, texts[1]):
        return
    yield f"  {short(request_line(one))}"
    yield f"    - {before.status} {before.end.value} {short(repr(texts[0]))}"
    yield f"    + {after.status} {after.end.value} {short(repr(texts[1]))}"


ACTIONS: dict[str, Callable[[Said, Config, Environment], int]] = {
    "ls": lambda said, _, __: _ls(said),
    "show": lambda said, _, environment: _show(said, environment),
    "stats": lambda said, _, __: _stats(said),
    "verify": lambda said, _, __: _verify(said),
    "diff": lambda said, _, __: _diff(said),
    "prune": lambda said, _, __: cassette_files.prune(said),
    "redact": lambda said, _, __: cassette_files.redact(said),
    "upgrade": lambda said, _, __: cassette_files.upgrade(said),
    "merge": lambda said, _, __: cassette_files.merge(said),
    "split": lambda said, _, __: cassette_files.split_up(said),
    "import": lambda said, _, __: cassette_files.import_(said),
    "export": lambda said, _, __: cassette_files.export(said),
    "from-response": from_response,
    "rerun": rerun,
    "drift": drift,
}
