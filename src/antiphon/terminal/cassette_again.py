"""`antiphon cassette rerun` and `drift`: the recorded requests asked again, and what is different now.

Counterparts: `cassettes/again.py`, which asks; `cassettes/meaning.py` and `outline.py`, which compare.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from antiphon.cassettes.again import Again, askable
from antiphon.cassettes.interaction import Answered, Asked, Interaction
from antiphon.cassettes.meaning import Meaning, differing, meaning_of
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.outline import changes, outline
from antiphon.cassettes.rewriting import head_of, reachable, write_cassette
from antiphon.cassettes.telling import request_line
from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault, UpstreamFault
from antiphon.network import Network
from antiphon.server.standin import Target
from antiphon.terminal.serving import say
from antiphon.terminal.tapes import Colours, colours, new_path, short
from antiphon.transport import Timeouts

Said = argparse.Namespace

KEYS = {
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.openai.com": "OPENAI_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
}
"""The variables with keys, by host, where `--key-env` names none."""

REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""Statuses of requests with a wrong key, or none."""

TEXT = 60
"""Characters of a text that a line shows."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One interaction, as it was recorded and as it is now; `fault` is why there is no answer now."""

    number: int
    interaction: Interaction
    before: Answered
    after: Answered | None
    fault: str = ""
    now: Interaction | None = None


def rerun(said: Said, config: Config, environment: Environment) -> int:
    """Ask another model the same, and tell what changed; 1 where something wasn't answered at all."""
    pairs = _asked_again(said, config, environment, _chosen(said))
    _hint(pairs)
    if said.json:
        say(json.dumps([_record(pair) for pair in pairs], ensure_ascii=False, indent=1))
    else:
        for pair in pairs:
            _show(pair, colours(environment))
        _sum(pairs)
    return 0 if any(pair.after for pair in pairs) or not pairs else 1


def drift(said: Said, config: Config, environment: Environment) -> int:
    """Ask the upstream the same, and tell what is different; 1 where the shape is, or nothing came."""
    chosen = _chosen(said)
    if said.sample is not None and said.sample < len(chosen):
        picked = random.Random(said.seed).sample(range(len(chosen)), said.sample)  # noqa: S311 - the same sample again
        chosen = [chosen[place] for place in sorted(picked)]
    pairs = _asked_again(said, config, environment, chosen)
    shapes = _shapes(pairs)
    _hint(pairs)
    if said.json:
        told = [_record(pair) for pair in pairs]
        say(json.dumps({"shape": shapes, "interactions": told}, ensure_ascii=False, indent=1))
    else:
        _tell_drift(pairs, shapes, colours(environment))
    return int(bool(shapes) or any(not pair.after for pair in pairs))


def _chosen(said: Said) -> list[tuple[int, Interaction]]:
    tape = read_cassette(Path(said.tape))
    usable = {id(each) for each in reachable(tape)}
    numbered = enumerate(tape.interactions, 1)
    chosen = [(number, each) for number, each in numbered if id(each) in usable and askable(each)]
    if not chosen:
        raise ConfigFault(f"{said.tape} has no request that asks a model, so there is nothing to ask again.")
    return chosen


def _asked_again(
    said: Said, config: Config, environment: Environment, chosen: Sequence[tuple[int, Interaction]]
) -> list[Pair]:
    out = new_path(said.out) if said.out else None
    pairs = asyncio.run(_ask(said, config, environment, chosen))
    if out:
        head = head_of(read_cassette(Path(said.tape)))
        write_cassette(out, head, [pair.now for pair in pairs if pair.now])
    return pairs


async def _ask(
    said: Said, config: Config, environment: Environment, chosen: Sequence[tuple[int, Interaction]]
) -> list[Pair]:
    network = Network(Timeouts(config.connect_timeout, config.first_byte_timeout, config.idle_timeout))
    address = _address(said.api)
    key = _key(said, environment, address(chosen[0][1].asked))
    again = Again(network, address, time.monotonic, key, said.model)
    try:
        # One after another: how long an answer takes is part of the report.
        return [await _pair(number, each, again) for number, each in chosen]
    finally:
        await network.close()


async def _pair(number: int, each: Interaction, again: Again) -> Pair:
    before = each.load()
    try:
        after = await again.ask(each)
    except UpstreamFault as fault:
        return Pair(number, each, before, None, fault.message)
    return Pair(number, each, before, after, now=again.recorded(each, after))


def _address(upstream: str | None) -> Callable[[Asked], str]:
    if not upstream:
        return lambda asked: asked.url
    target = Target(upstream)
    return lambda asked: target.address(asked.path)


def _key(said: Said, environment: Environment, url: str) -> str | None:
    if said.key_env:
        return environment.key(said.key_env, said.api or url)
    variable = KEYS.get(urlsplit(url).hostname or "")
    return environment.variables.get(variable, "").strip() or None if variable else None


def _hint(pairs: Sequence[Pair]) -> None:
    """A key that is lacking looks like an answer that has changed."""
    refused = sum(pair.after is not None and pair.after.status in REFUSED for pair in pairs)
    if refused:
        print(f"The API refused {refused} of {len(pairs)} requests: name its key with --key-env VAR.", file=sys.stderr)


def _show(pair: Pair, colour: Colours) -> None:
    say(f"{colour.bold}{pair.number:>4} {short(request_line(pair.interaction))}{colour.plain}")
    if pair.after is None:
        say(f"     no answer: {pair.fault}")
        return
    before, after = meaning_of(pair.before), meaning_of(pair.after)
    for name in ("status", "text", "calls", "finish"):
        _show_change(name, getattr(before, name), getattr(after, name), colour)
    say(f"     tokens  {_tokens(before)} → {_tokens(after)}, time {before.ms} → {after.ms} ms")


def _show_change(name: str, before: object, after: object, colour: Colours) -> None:
    if before == after:
        if before:
            say(f"{colour.dim}     {name:<7} same{colour.plain}")
        return
    say(f"     {name:<7} - {short(_line(before), TEXT)}")
    say(f"             + {short(_line(after), TEXT)}")


def _line(value: object) -> str:
    return "; ".join(value) or "none" if isinstance(value, list) else " ".join(str(value).split()) or "none"


def _tokens(meaning: Meaning) -> str:
    counts = (meaning.tokens_in, meaning.tokens_out)
    return "/".join("?" if count is None else str(count) for count in counts)


def _sum(pairs: Sequence[Pair]) -> None:
    answered = [(meaning_of(pair.before), meaning_of(pair.after)) for pair in pairs if pair.after]
    if not answered:
        return
    changed = sum(before.text != after.text for before, after in answered)
    called = sum(before.calls != after.calls for before, after in answered)
    tokens = [sum(meaning.tokens_out or 0 for meaning in side) for side in zip(*answered, strict=True)]
    times = [sum(meaning.ms for meaning in side) for side in zip(*answered, strict=True)]
    say(
        f"\n{len(pairs)} asked again, {len(pairs) - len(answered)} without an answer: "
        f"text differs in {changed}, calls in {called}; "
        f"tokens out {tokens[0]} → {tokens[1]}, time {times[0]} → {times[1]} ms"
    )


def _record(pair: Pair) -> dict[str, object]:
    before = meaning_of(pair.before)
    told: dict[str, object] = {
        "number": pair.number,
        "request": request_line(pair.interaction),
        "before": asdict(before),
    }
    if pair.after is None:
        return {**told, "fault": pair.fault}
    after = meaning_of(pair.after)
    return {**told, "after": asdict(after), "changed": list(differing(before, after))}


def _shapes(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    """What is another shape, by the path that was asked."""
    found: dict[str, list[str]] = {}
    for path in dict.fromkeys(pair.interaction.asked.path for pair in pairs):
        both = [pair for pair in pairs if pair.interaction.asked.path == path and pair.after]
        lines = changes(outline(pair.before for pair in both), outline(filter(None, (pair.after for pair in both))))
        if lines:
            found[path] = lines
    return found


def _tell_drift(pairs: Sequence[Pair], shapes: dict[str, list[str]], colour: Colours) -> None:
    for path, lines in shapes.items():
        say(f"{colour.bold}shape of {path}{colour.plain}")
        for line in lines:
            say(f"  {line}")
    for pair in pairs:
        changed = differing(meaning_of(pair.before), meaning_of(pair.after)) if pair.after else ()
        what = ", ".join(changed) if pair.after else f"no answer: {pair.fault}"
        say(f"{colour.dim if not what else ''}{pair.number:>4} {what or 'same'}{colour.plain if not what else ''}")
    state = "the shape has changed" if shapes else "the shape is the same"
    if not any(pair.after for pair in pairs):
        state = "no answer came, so nothing can be said of the shape"
    say(f"{len(pairs)} asked again: {state}")
