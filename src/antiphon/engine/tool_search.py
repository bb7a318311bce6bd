"""Tools that a model is offered only once it has searched for them: which of them its words mean.

Pure. A tool is found by the words of its name, its description and its parameters, and by those of the namespace or the
MCP server that it is of. Not here: which tools wait to be found (`toolbox.py`, `belt.py`). Counterpart:
`kinds/tool_search.py`, the items of a search.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.engine.kinds.face import Binding
from antiphon.engine.naming import chat_name

Function = dict[str, Any]

MOST = 10
"""Tools that one search brings; more would be what deferring them is to avoid."""

SHORTEST_STEM = 4
"""Letters after which two words count as one where one begins with the other: `search` and `searching`."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Deferred:
    """A tool that waits to be found: the function that a model is offered then, and the tool as it is declared.

    `group` is the namespace or the MCP server around it, without its tools, for a tool that has one.
    """

    function: Function
    binding: Binding
    declared: Mapping[str, Any]
    group: Mapping[str, Any] = field(default_factory=dict)


def search(deferred: Sequence[Deferred], asked: str) -> list[Deferred]:
    """Those that the words of `asked` mean, best first; of equal ones, the earlier first."""
    words = _words(asked)
    scores = {index: _score(words, tool) for index, tool in enumerate(deferred)}
    best = sorted((index for index, score in scores.items() if score), key=lambda index: -scores[index])
    return [deferred[index] for index in best[:MOST]]


def as_tools(found: Iterable[Deferred]) -> list[dict[str, Any]]:
    """Tools as a `tool_search_output` lists them: those of one namespace or MCP server stand together in it."""
    tools: list[dict[str, Any]] = []
    groups: dict[tuple[bool, str], dict[str, Any]] = {}
    for one in found:
        origin = one.binding.origin
        if origin.group is None:
            tools.append(dict(one.declared))
            continue
        group = groups.get((origin.type == "mcp", origin.group))
        member = "allowed_tools" if origin.type == "mcp" else "tools"
        if group is None:
            group = groups[origin.type == "mcp", origin.group] = {**one.group, member: []}
            tools.append(group)
        group[member].append(origin.name if origin.type == "mcp" else dict(one.declared))
    return tools


def words_of(arguments: Mapping[str, Any]) -> str:
    """What a model searches for: every string of its arguments, whatever it called them."""
    return " ".join(_strings(arguments))


def told(tools: Iterable[Mapping[str, Any]]) -> str:
    """What the model reads of a search that brought these tools."""
    names = [name for tool in tools for name in _names(tool)]
    if not names:
        return "No tool was found. Search with other words, or answer without."
    return f"These tools can be called now: {', '.join(names)}."


def _names(tool: Mapping[str, Any]) -> Iterator[str]:
    inner = tool.get("tools")
    if tool.get("type") == "namespace" and isinstance(inner, list):
        yield from (chat_name(str(one.get("name")), str(tool.get("name"))) for one in inner if isinstance(one, dict))
    elif tool.get("type") == "mcp":
        allowed = tool.get("allowed_tools")
        named = allowed if isinstance(allowed, list) else [f"those of {tool.get('server_label')}"]
        yield from map(str, named)
    else:
        yield str(tool.get("name") or tool.get("type"))


def _score(words: Iterable[str], tool: Deferred) -> int:
    origin = tool.binding.origin
    parameters = tool.function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    weighted = (
        (8, origin.name or ""),
        (4, origin.group or ""),
        (3, str(tool.function.get("description") or "")),
        (2, str(tool.group.get("description") or tool.group.get("server_description") or "")),
        (1, " ".join(properties) if isinstance(properties, dict) else ""),
    )
    known = [(weight, _words(text)) for weight, text in weighted]
    return sum(max((weight for weight, there in known if _among(word, there)), default=0) for word in words)


def _among(word: str, words: set[str]) -> bool:
    return word in words or any(_one_stem(word, other) for other in words)


def _one_stem(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= SHORTEST_STEM and long.startswith(short)


def _words(text: str) -> set[str]:
    """Its words in lower case; `getWeather` and `get_weather` have two."""
    return {word.lower() for word in _WORD.findall(text)} - _EMPTY


_EMPTY = frozenset(
    {
        *("a", "an", "and", "any", "are", "can", "find", "for", "from", "get", "how", "i", "in", "is", "it", "of"),
        *("on", "or", "please", "search", "some", "that", "the", "this", "to", "tool", "tools", "use", "want", "what"),
        *("which", "with"),
    }
)
"""Words that nearly every search and every description has."""


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for member in value.values():
                yield from _strings(member)
        case list():
            for member in value:
                yield from _strings(member)
