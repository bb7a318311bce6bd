"""The tools that a request has: those it declares, and those that came as items of its conversation.

`additional_tools` bring tools from where they stand on; a `tool_search_output` brings those that were found. Namespaces
are opened: what counts is the single tool. Pure. Not here: what a chat model is offered of it (`toolbox.py`). Source:
API reference, items `additional_tools` and `tool_search_output`, tools of type `namespace`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from antiphon.engine.input import Item
from antiphon.engine.kinds.face import Origin
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest

Tool = dict[str, Any]
HOLDERS = frozenset({"additional_tools", "tool_search_output"})
"""Items that bring tools."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One tool and its place in the request (`tools[1]`), for messages; `namespace` is the tool around it.

    `deferred`: it was declared with `defer_loading`. `found`: a search brought it, or named it.
    """

    tool: Tool
    at: str
    namespace: Tool | None = None
    deferred: bool = False
    found: bool = False
    kept: bool = False
    """Whether it stands in an item that this server made, from which credentials are gone."""

    @property
    def origin(self) -> Origin:
        """What tells it from the others."""
        if self.tool["type"] == "mcp":
            return Origin("mcp", group=_text(self.tool.get("server_label")))
        group = self.namespace.get("name") if self.namespace else None
        return Origin(self.tool["type"], _text(self.tool.get("name")), _text(group))


class _Holder(msgspec.Struct):
    tools: list[Any]
    execution: str | None = None


def declared_tools(tools: Sequence[Tool], items: Sequence[Item]) -> list[Declared]:
    """All tools in the order they came; the request outweighs an item, a later item an earlier.

    Raises `InvalidRequest` for a tool without a type and a namespace without a name or tools.
    """
    if not tools and all(item.type not in HOLDERS for item in items):
        return []
    own = [one for index, tool in enumerate(tools) for one in _opened(tool, f"tools[{index}]")]
    by_origin = {one.origin: one for one in own}
    extra: dict[Origin, Declared] = {}
    for item in items:
        for one in _held(item):
            mine = by_origin.get(one.origin)
            if mine is None and not (one.kept and one.tool["type"] == "mcp"):
                extra[one.origin] = one
            elif mine is not None and one.found:
                by_origin[one.origin] = replace(mine, found=True)
    return [by_origin[one.origin] if one.tool["type"] != "mcp" else one for one in own] + list(extra.values())


def found_on_servers(items: Sequence[Item]) -> dict[str, frozenset[str] | None]:
    """By label, the tools of MCP servers that searches found; None for all of a server's."""
    found: dict[str, frozenset[str] | None] = {}
    for item in items:
        for one in _held(item):
            label = one.tool.get("server_label")
            if one.found and one.tool["type"] == "mcp" and isinstance(label, str):
                names, before = _names(one.tool.get("allowed_tools")), found.get(label, frozenset())
                found[label] = None if names is None or before is None else before | names
    return found


def _held(item: Item) -> Iterator[Declared]:
    """The tools that an item brings."""
    if item.type not in HOLDERS:
        return
    holder = read(item.raw, _Holder, item.at)
    found = item.type == "tool_search_output"
    kept = found and holder.execution == "server"
    for index, tool in enumerate(holder.tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            continue
        for one in _opened(tool, f"{item.at}.tools[{index}]"):
            yield replace(one, found=found, kept=kept)


def _opened(tool: Tool, at: str) -> Iterator[Declared]:
    if not isinstance(tool.get("type"), str):
        raise _missing(f"{at}.type")
    if tool["type"] != "namespace":
        yield Declared(tool, at, deferred=tool.get("defer_loading") is True)
        return
    inner = tool.get("tools")
    if not _text(tool.get("name")):
        raise _missing(f"{at}.name")
    if not isinstance(inner, list) or not all(isinstance(one, dict) for one in inner):
        raise InvalidRequest(
            f"Invalid type: '{at}.tools' must be an array of tools.", code="invalid_type", param=f"{at}.tools"
        )
    for index, one in enumerate(inner):
        place = f"{at}.tools[{index}]"
        if not isinstance(one.get("type"), str):
            raise _missing(f"{place}.type")
        deferred = tool.get("defer_loading") is True or one.get("defer_loading") is True
        yield Declared(one, place, tool, deferred=deferred)


def _names(allowed: object) -> frozenset[str] | None:
    if isinstance(allowed, Mapping):
        allowed = allowed.get("tool_names")
    return frozenset(map(str, allowed)) if isinstance(allowed, list) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _missing(param: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)
