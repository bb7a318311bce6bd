"""Small regular grammars over words, matched one word at a time.

`parse("added delta* done | failed")` gives an expression; `step` answers what may follow after one
more word, so that an error can name the first wrong word and what was expected instead. That is
what Python's `re` can't do: it matches whole strings and doesn't say where a match became impossible.

Not here: the grammars of the wire (`item_rules`). Counterpart: `open_item`, which steps through them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[\w.:]+|[()|*?]")


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing more is needed."""


@dataclass(frozen=True, slots=True)
class Word:
    """This one word."""

    word: str


@dataclass(frozen=True, slots=True)
class Chain:
    """One expression, then another."""

    head: "Expression"
    tail: "Expression"


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of these; none of them means that nothing can match any more."""

    options: "frozenset[Expression]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same expression any number of times."""

    body: "Expression"


Expression = Empty | Word | Chain | Choice | Repeat

EMPTY = Empty()
NEVER = Choice(frozenset())


def may_end(grammar: Expression) -> bool:
    """Whether the words so far are complete."""
    match grammar:
        case Empty() | Repeat():
            return True
        case Word():
            return False
        case Chain(head, tail):
            return may_end(head) and may_end(tail)
        case Choice(options):
            return any(may_end(option) for option in options)


def expected(grammar: Expression) -> frozenset[str]:
    """The words that may come next."""
    match grammar:
        case Empty():
            return frozenset()
        case Word(word):
            return frozenset({word})
        case Chain(head, tail):
            return expected(head) | (expected(tail) if may_end(head) else frozenset())
        case Choice(options):
            return frozenset().union(*(expected(option) for option in options))
        case Repeat(body):
            return expected(body)


def words(grammar: Expression) -> frozenset[str]:
    """Every word the grammar has."""
    match grammar:
        case Empty():
            return frozenset()
        case Word(word):
            return frozenset({word})
        case Chain(head, tail):
            return words(head) | words(tail)
        case Choice(options):
            return frozenset().union(*(words(option) for option in options))
        case Repeat(body):
            return words(body)


@lru_cache(maxsize=4096)
def step(grammar: Expression, word: str) -> Expression:
    """What remains after `word`; `NEVER` where it may not come here (Brzozowski's derivative)."""
    match grammar:
        case Empty():
            return NEVER
        case Word(own):
            return EMPTY if own == word else NEVER
        case Chain(head, tail):
            after = _chain(step(head, word), tail)
            return _choice([after, step(tail, word)]) if may_end(head) else after
        case Choice(options):
            return _choice([step(option, word) for option in options])
        case Repeat(body):
            return _chain(step(body, word), grammar)


def parse(text: str) -> Expression:
    """The expression that `text` describes: words, `( )`, `|`, `*` (any number) and `?` (at most one).

    Raises ValueError where a bracket is missing.
    """
    tokens = _TOKEN.findall(text)[::-1]
    found = _parse_choice(tokens)
    if tokens:
        msg = f"unexpected {tokens[-1]!r} in grammar {text!r}"
        raise ValueError(msg)
    return found


def _parse_choice(tokens: list[str]) -> Expression:
    options = [_parse_chain(tokens)]
    while tokens and tokens[-1] == "|":
        tokens.pop()
        options.append(_parse_chain(tokens))
    return _choice(options)


def _parse_chain(tokens: list[str]) -> Expression:
    parts: list[Expression] = []
    while tokens and tokens[-1] not in {"|", ")"}:
        parts.append(_parse_repeated(tokens))
    chain: Expression = EMPTY
    for part in reversed(parts):
        chain = _chain(part, chain)
    return chain


def _parse_repeated(tokens: list[str]) -> Expression:
    part = _parse_one(tokens)
    match tokens[-1] if tokens else "":
        case "*":
            tokens.pop()
            return Repeat(part)
        case "?":
            tokens.pop()
            return _choice([part, EMPTY])
        case _:
            return part


def _parse_one(tokens: list[str]) -> Expression:
    first = tokens.pop()
    if first != "(":
        return Word(first)
    inner = _parse_choice(tokens)
    if not tokens or tokens.pop() != ")":
        msg = "a bracket is not closed in a grammar"
        raise ValueError(msg)
    return inner


def _chain(head: Expression, tail: Expression) -> Expression:
    if head == NEVER:
        return NEVER
    if head == EMPTY:
        return tail
    return head if tail == EMPTY else Chain(head, tail)


def _choice(options: list[Expression]) -> Expression:
    flat: set[Expression] = set()
    for option in options:
        flat.update(option.options if isinstance(option, Choice) else {option})
    return flat.pop() if len(flat) == 1 else Choice(frozenset(flat))
