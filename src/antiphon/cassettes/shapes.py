"""What a secret looks like: key forms of providers, tokens, private keys, and names of members that hold one.

A table and a search in one text; where the texts come from is `redaction.py`'s concern. Every pattern is
bounded on both sides, so that base64 and ordinary words with the same letters stay as they are.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

REDACTED = "[redacted]"

Span = tuple[int, int]

_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf]))"
"""Not inside a word; an escaped line break before it, as in JSON within JSON, is no word."""
_DIGIT = r"(?=[A-Za-z_-]*[0-9])"
"""Keys have digits; `sk-` followed by an English phrase has none."""
_PEM = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
_PEM_END = r"-----END [A-Z ]{0,30}PRIVATE KEY-----"
_QUERY = (
    "key|api[_-]?key|token|access_token|auth|signature|sig"
    "|x-goog-signature|x-amz-(?:signature|credential|security-token)"
)

SECRET_MEMBERS = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "auth_token",
        "authorization",
        "aws_secret_access_key",
        "bearer_token",
        "client_secret",
        "cookie",
        "id_token",
        "passwd",
        "password",
        "private_key",
        "proxy_authorization",
        "refresh_token",
        "secret",
        "secret_access_key",
        "secret_key",
        "set_cookie",
        "token",
        "x_api_key",
    }
)
"""Names of JSON members whose text is a secret, lower case, `-` written as `_`."""

_NAMES = "|".join(sorted((name.replace("_", "[_-]") for name in SECRET_MEMBERS), key=len, reverse=True))


class Shape(NamedTuple):
    """A form of secret: the search is made only in texts that contain one of `hints`.

    Where the pattern has a group, the group is the secret; else all of it is.
    """

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _prefixed(name: str, hint: str, rest: str) -> Shape:
    return Shape(name, (hint,), re.compile(_START + re.escape(hint) + rest))


SHAPES: tuple[Shape, ...] = (
    _prefixed("OpenAI, Anthropic, OpenRouter", "sk-", _DIGIT + r"[A-Za-z0-9_-]{16,}"),
    _prefixed("Stripe", "sk_", r"(?:live|test)_[A-Za-z0-9]{16,}"),
    Shape("Google", ("AIza",), re.compile(r"(?<![A-Za-z0-9_+/-])AIza[A-Za-z0-9_-]{30,45}(?![A-Za-z0-9_+/=-])")),
    Shape("AWS", ("AKIA", "ASIA"), re.compile(r"(?<![A-Za-z0-9+/])A(?:KI|SI)A[0-9A-Z]{16}(?![A-Za-z0-9+/=])")),
    Shape("GitHub", tuple(f"gh{kind}_" for kind in "pousr"), re.compile(_START + r"gh[pousr]_[A-Za-z0-9]{20,}")),
    _prefixed("GitHub, fine-grained", "github_pat_", r"[A-Za-z0-9_]{20,}"),
    _prefixed("GitLab", "glpat-", r"[A-Za-z0-9_-]{16,}"),
    _prefixed("Slack", "xox", r"[abeoprs]-" + _DIGIT + r"[A-Za-z0-9-]{10,}"),
    _prefixed("Hugging Face", "hf_", r"[A-Za-z0-9]{20,}"),
    _prefixed("Groq", "gsk_", r"[A-Za-z0-9]{20,}"),
    _prefixed("xAI", "xai-", _DIGIT + r"[A-Za-z0-9]{20,}"),
    _prefixed("Cerebras", "csk-", _DIGIT + r"[A-Za-z0-9]{20,}"),
    _prefixed("NVIDIA", "nvapi-", _DIGIT + r"[A-Za-z0-9_-]{20,}"),
    _prefixed("Perplexity", "pplx-", _DIGIT + r"[A-Za-z0-9]{20,}"),
    _prefixed("Tavily", "tvly-", _DIGIT + r"[A-Za-z0-9-]{16,}"),
    _prefixed("Fireworks", "fw_", _DIGIT + r"[A-Za-z0-9]{20,}"),
    _prefixed("Replicate", "r8_", _DIGIT + r"[A-Za-z0-9]{20,}"),
    _prefixed("Databricks", "dapi", r"[0-9a-f]{32}(?![0-9a-f])"),
    _prefixed("JWT", "eyJ", r"[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}"),
    Shape("bearer", ("earer ", "EARER "), re.compile(r"(?i:\bbearer) +(?=\S*[0-9])([A-Za-z0-9._~+/=-]{16,})")),
    Shape("private key", ("PRIVATE KEY-----",), re.compile(
        rf"{_PEM}(?:(?:(?!-----BEGIN)[\s\S]){{0,20000}}?{_PEM_END}|(?:[A-Za-z0-9+/=\s]|\\[nr]){{40,}})"
    )),
    Shape("query of a URL", ("://",), re.compile(rf"""(?i:[?&](?:{_QUERY}))=([^&#\s"'<>\\]+)""")),
    Shape("password in a URL", ("://",), re.compile(r"""://[^/\s:@"'\\]*:([^/\s@"'\\]+)@""")),
)  # fmt: skip

_MEMBER = re.compile(
    rf"""(?i:"(?:{_NAMES})")\s*:\s*"((?:[^"\\]|\\.)+)"""
    rf"""|(?i:\\+"(?:{_NAMES})\\+")\s*:\s*\\+"((?:[^"\\]|\\+[^"\\])+)"""
)
"""A secret member of JSON that stands in a text, plain or with its quotes escaped."""


_PATTERNS = [(hint, shape.pattern) for shape in SHAPES for hint in shape.hints]
_HINTS = [hint for hint, _ in _PATTERNS]
_MEMBER_HINTS = [name + quote for name in sorted(SECRET_MEMBERS) for quote in ('"', '\\"')]


class Finds(Protocol):
    """Finds what shall be taken out beside secrets."""

    def spans(self, text: str, /) -> Iterable[Span]:
        """Where it stands in a text."""
        ...


Known = str | Finds
"""A secret that has no shape, such as the key a request was sent with, or what finds more."""


def find_secrets(text: str, known: Iterable[Known] = ()) -> list[Span]:
    """The spans of all secrets in a text, in order, not overlapping."""
    return _merged([*_shaped(text), *_asked_for(text, known)])


def is_secret_member(name: str) -> bool:
    """Whether a JSON member of this name holds a secret."""
    return name.lower().replace("-", "_") in SECRET_MEMBERS


def may_hold_secrets(text: str, known: Iterable[Known] = ()) -> bool:
    """A cheap first look; false means that there is surely nothing to redact in JSON or text."""
    # What finders find may be spelled with escapes in JSON, so they make it worth a second look by being there.
    if any(map(text.__contains__, _HINTS)) or any(not isinstance(one, str) or one in text for one in known):
        return True
    return any(map(text.lower().replace("-", "_").__contains__, _MEMBER_HINTS))


def blank(text: str, spans: Iterable[Span]) -> str:
    """`text` with each span replaced by the mark."""
    parts, last = [], 0
    for start, stop in spans:
        parts += [text[last:start], REDACTED]
        last = stop
    return "".join([*parts, text[last:]])


def _shaped(text: str) -> Iterator[Span]:
    for hint, pattern in _PATTERNS:
        if hint in text:
            yield from _spans(pattern, text)
    if text.lstrip()[:1] in {"{", "["}:
        yield from _spans(_MEMBER, text)


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield match.span(match.lastindex or 0)


def _asked_for(text: str, known: Iterable[Known]) -> Iterator[Span]:
    for secret in known:
        if not isinstance(secret, str):
            yield from secret.spans(text)
            continue
        at = text.find(secret)
        while at >= 0:
            yield at, at + len(secret)
            at = text.find(secret, at + len(secret))


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
