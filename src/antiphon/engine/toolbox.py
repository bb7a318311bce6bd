"""The tools of a request: which a chat model is offered, and how it is told to choose.

A chat model is offered functions; `bindings` keep what each of them stands for. A type of tool that can't be had
here is kept, echoed and noted as ignored. Not here: the kinds (`kinds/`), where the tools stand (`declared.py`),
running them (`tools/`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from antiphon.engine.choice import Choice, check_named, read_choice
from antiphon.engine.declared import Declared
from antiphon.engine.dialects import Dialect
from antiphon.engine.kinds.face import Binding, Origin
from antiphon.engine.kinds.hosted import HOSTED, Hosting
from antiphon.engine.kinds.table import OFFERS
from antiphon.engine.kinds.tool_search import TOOL_SEARCH, ToolSearchFace, client_search, server_search
from antiphon.engine.naming import chat_name
from antiphon.engine.notes import Notes
from antiphon.engine.secrets import without_secrets
from antiphon.engine.tool_search import Deferred
from antiphon.errors import InvalidRequest

ChatTool = dict[str, Any]
SEARCHES = ("server", "client")
NAMED_BY_CLIENTS = frozenset({"function", "custom"})
"""Types of tools whose functions have the names that a client gave them; all others have ours."""
BUILT_IN = "built_in"
"""What stands before the name of a built-in tool that a client's own tool has already."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a chat model is offered: `tools`, and `bindings` by function name; `choice` is what the client chose.

    `deferred` are tools that it must search for first. `more` is true where servers have tools besides, which are known
    only once they were asked.
    """

    tools: list[ChatTool] = field(default_factory=list)
    choice: Choice = field(default_factory=Choice)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    deferred: tuple[Deferred, ...] = ()
    more: bool = False


def offer(
    tools: Sequence[Declared],
    choice: str | dict[str, Any] | None,
    dialect: Dialect,
    notes: Notes,
    hosting: Hosting | None = None,
) -> Offer:
    """Turn tools and tool_choice into what a chat model is sent.

    Raises `InvalidRequest` for a broken tool, for one that this server could run and isn't set up for (`hosting`), and
    for a choice that names a tool which isn't there.
    """
    if not tools and choice is None:
        return Offer()
    made = _told_apart([one for tool in tools for one in _functions(tool, hosting or Hosting(), notes)])
    chosen = _choice(choice, tools, made, dialect, notes)
    searches = any(tool.tool["type"] == TOOL_SEARCH for tool in tools)
    if not searches:
        notes.approximated += [f"{one.at}.defer_loading" for one in tools if one.deferred and not one.found]
    waiting = [one for one in made if searches and _waits(one, chosen)]
    offered = [one for one in made if one not in waiting]
    search = _search(tools, [one.deferred for one in waiting], notes)
    return Offer(
        tools=[{"type": "function", "function": one.deferred.function} for one in offered] + search[0],
        choice=chosen,
        bindings={one.deferred.function["name"]: one.deferred.binding for one in made} | search[1],
        deferred=tuple(one.deferred for one in waiting),
        more=any(tool.tool["type"] == "mcp" for tool in tools),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A function, and the tool that it was made of."""

    deferred: Deferred
    tool: Declared


def _functions(tool: Declared, hosting: Hosting, notes: Notes) -> list[_Made]:
    """The functions that one tool becomes. What an MCP server offers is only known once it was asked."""
    kind, at = tool.tool["type"], tool.at
    if kind in {"mcp", TOOL_SEARCH}:
        return []
    make, host = OFFERS.get(kind), HOSTED.get(kind)
    offered = make(tool.tool, at) if make else host(tool.tool, at, hosting) if host else []
    if not offered:
        notes.ignored.append(at)
    if any("constraint" in binding.about for _, binding in offered):
        # No chat model is held to a grammar while it writes: what it wrote is checked.
        notes.approximated.append(f"{at}.format")
    return [_Made(_named(function, binding, tool), tool) for function, binding in offered]


def _named(function: ChatTool, binding: Binding, tool: Declared) -> Deferred:
    """A function with the name it is offered under; one of a namespace says of which."""
    binding = replace(binding, origin=tool.origin)
    if tool.namespace is None:
        return Deferred(function, binding, tool.tool)
    namespace, own = str(tool.namespace["name"]), function["name"]
    of = tool.namespace.get("description")
    said = [function.get("description"), f"Of {namespace}: {of}" if of else None]
    function = {**function, "name": chat_name(own, namespace), "description": "\n\n".join(filter(None, said))}
    if not function["description"]:
        del function["description"]
    about = {**binding.about, "name": own, "namespace": namespace}
    group = {name: value for name, value in tool.namespace.items() if name != "tools"}
    return Deferred(function, replace(binding, about=about), tool.tool, group)


def _told_apart(made: Sequence[_Made]) -> list[_Made]:
    """The same, where a built-in tool whose name the client gave to a tool of its own is called otherwise."""
    taken = {one.deferred.function["name"] for one in made if one.tool.tool["type"] in NAMED_BY_CLIENTS}
    return [one if one.tool.tool["type"] in NAMED_BY_CLIENTS else _renamed(one, taken) for one in made]


def _renamed(one: _Made, taken: Collection[str]) -> _Made:
    function = one.deferred.function
    if function["name"] not in taken:
        return one
    function = {**function, "name": chat_name(function["name"], BUILT_IN)}
    return replace(one, deferred=replace(one.deferred, function=function))


def _waits(one: _Made, choice: Choice) -> bool:
    """Whether a tool is to be searched for; one that must be called needn't be."""
    must = choice.forced and choice.admits(one.deferred.binding.origin)
    return one.tool.deferred and not one.tool.found and not must


def _search(
    tools: Sequence[Declared], waiting: Sequence[Deferred], notes: Notes
) -> tuple[list[ChatTool], dict[str, Binding]]:
    """The function that searches, where there is something to find."""
    tool = next((one for one in tools if one.tool["type"] == TOOL_SEARCH), None)
    if tool is None:
        return [], {}
    execution = tool.tool.get("execution") or "server"
    if execution not in SEARCHES:
        raise InvalidRequest(
            f"Invalid value: '{tool.at}.execution' must be 'server' or 'client'.",
            code="invalid_value",
            param=f"{tool.at}.execution",
        )
    groups = list(_groups(tools, waiting))
    names = [one.function["name"] for one in waiting if not one.group]
    if execution == "server" and not (groups or names):
        notes.ignored.append(tool.at)
        return [], {}
    function = client_search(tool.tool) if execution == "client" else server_search(names, groups)
    binding = Binding(
        ToolSearchFace,
        TOOL_SEARCH if execution == "server" else None,
        {"execution": execution},
        Origin(TOOL_SEARCH, TOOL_SEARCH),
    )
    return [{"type": "function", "function": function}], {TOOL_SEARCH: binding}


def _groups(tools: Sequence[Declared], waiting: Sequence[Deferred]) -> Iterable[tuple[str, str]]:
    """The namespaces and MCP servers that have tools to find, with what is said of them."""
    namespaces = {str(one.group["name"]): str(one.group.get("description") or "") for one in waiting if one.group}
    yield from namespaces.items()
    for tool in tools:
        if tool.tool["type"] == "mcp" and tool.deferred:
            yield str(tool.tool.get("server_label") or ""), str(tool.tool.get("server_description") or "")


def _choice(
    given: str | dict[str, Any] | None,
    tools: Sequence[Declared],
    made: Sequence[_Made],
    dialect: Dialect,
    notes: Notes,
) -> Choice:
    """What the client chose, and what of it this upstream can't be told."""
    honoured = "tool_choice" in dialect.honours
    chosen = replace(read_choice(given), honoured=honoured, named=dialect.names_tools)
    origins = [one.deferred.binding.origin for one in made]
    check_named(chosen, origins)
    servers = [tool.origin for tool in tools if tool.tool["type"] == "mcp"]
    search = [Origin(TOOL_SEARCH, TOOL_SEARCH) for tool in tools if tool.tool["type"] == TOOL_SEARCH]
    if chosen.forced and not any(
        wanted.means(origin) or (origin in servers and replace(wanted, name=None).means(origin))
        for wanted in chosen.only or ()
        for origin in [*origins, *servers, *search]
    ):
        notes.ignored.append("tool_choice")
        return Choice(honoured=chosen.honoured)
    if not chosen.honoured and chosen.mode == "required":
        (notes.approximated if chosen.only is not None else notes.ignored).append("tool_choice")
    return chosen


def mcp_tools(tools: Iterable[Declared]) -> list[tuple[Declared, dict[str, Any]]]:
    """The MCP servers among `tools`, each with what of it may be shown."""
    return [(tool, without_secrets(tool.tool)) for tool in tools if tool.tool["type"] == "mcp"]
