"""The program of the checker's process: reads a constraint and a text, says what is wrong with them.

A line of JSON in, `{"kind": …, "definition": …, "text": …}`, a line out, `{"fault": …}`: null where the text keeps the
constraint; without a text it is the constraint itself that is judged. `undecided` says that the check met a limit.
Schemas are checked by jsonschema-rs, grammars by llguidance, the engine that the API's own providers use for them. Both
match patterns in linear time; what a schema or grammar can still cost is ended from outside.

Not here: starting, waiting, killing. Counterpart: `checker.py`.
"""

import json
import resource
import signal
import sys
from typing import Any

import jsonschema_rs
from llguidance import LLMatcher, LLTokenizer

MEMORY = 1 << 30
"""Bytes that the process may have, where the system keeps to it."""
LAST_RESORT = 60
"""Seconds after which the process ends itself, should nobody be left to end it."""
FAULTS_TOLD = 3
LONGEST_FAULT = 300
QUOTED = 40

Verdict = dict[str, Any]

# One token a byte: what is matched is the text alone.
_bytes = LLTokenizer("byte")


def judge(kind: str, definition: Any, text: str | None) -> Verdict:  # noqa: ANN401 - a schema is any JSON
    """What is wrong with the text, or with the constraint where there is no text."""
    if kind == "json_schema":
        return {"fault": _schema_fault(definition, text)}
    make = LLMatcher.grammar_from_lark if kind == "lark" else LLMatcher.grammar_from_regex
    matcher = LLMatcher(_bytes, make(definition))
    if matcher.is_error():
        return {"fault": _first_line(matcher.get_error())}
    return {"fault": None} if text is None else _grammar_verdict(matcher, text)


def _schema_fault(schema: Any, text: str | None) -> str | None:  # noqa: ANN401 - a schema is any JSON
    try:
        validator = jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True)
    except jsonschema_rs.ValidationError as error:
        return _told(error)
    except ValueError as error:
        return _first_line(str(error))
    if text is None:
        return None
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return f"It isn't JSON: {error}."
    faults = [_told(error) for error, _ in zip(validator.iter_errors(value), range(FAULTS_TOLD), strict=False)]
    return "; ".join(faults) or None


def _told(error: jsonschema_rs.ValidationError) -> str:
    place = ".".join(map(str, error.instance_path))
    said = _first_line(error.message)
    return f"{place}: {said}" if place else said


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _grammar_verdict(matcher: LLMatcher, text: str) -> Verdict:
    data = text.encode(errors="replace")
    fitting = matcher.try_consume_tokens(list(data))
    if matcher.is_error():
        return {"fault": _first_line(matcher.get_error()), "undecided": True}
    if fitting < len(data):
        before = data[:fitting].decode(errors="ignore")
        return {"fault": f"From character {len(before)} on it doesn't match: {text[len(before) :][:QUOTED]!r}."}
    return {"fault": None if matcher.is_accepting() else "It ends too early: the grammar wants more."}


def _first_line(error: str) -> str:
    return " ".join(error.split())[:LONGEST_FAULT]


def main() -> None:
    """Answer line by line, until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # The one who asks ends it; a terminal's interrupt is for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for line in sys.stdin.buffer:
        signal.alarm(LAST_RESORT)
        asked = json.loads(line)
        verdict = judge(asked["kind"], asked["definition"], asked["text"])
        signal.alarm(0)
        sys.stdout.write(json.dumps(verdict) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
