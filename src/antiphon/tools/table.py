"""The tools that this server can run beside those of MCP servers, as a table: name to what makes it.

A name is what bindings call it (`Binding.runs`). Not here: what a model is offered for each (`engine/kinds/hosted.py`),
MCP servers, which need no settings (`mcp_calls.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from antiphon.errors import ConfigFault
from antiphon.tools.code.interpreter import CodeInterpreter
from antiphon.tools.fetch import Limits
from antiphon.tools.image_generation import ImageGeneration
from antiphon.tools.search.services import SERVICES
from antiphon.tools.settings import ToolSettings
from antiphon.tools.tool import Tool
from antiphon.tools.web_search import WebSearch
from antiphon.transport import Transport
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.retry import Retry


@dataclass(frozen=True, slots=True)
class Workshop:
    """What tools are made of.

    `key` gives the key in a variable, for the tool of a name, or raises `ConfigFault`. `replays` is true where nobody
    is asked in earnest, so that an upstream need not be there; `retry` says how services that are busy are asked again.
    """

    transport: Transport
    settings: ToolSettings
    key: Callable[[str, str], str]
    catalog: Catalog
    replays: bool = False
    retry: Retry = field(default_factory=Retry)

    def check_upstream(self, name: str, tool: str) -> None:
        """Raise `ConfigFault` where a tool names an upstream that isn't there."""
        known = [upstream.name for upstream in self.catalog.upstreams]
        if name not in known and not self.replays:
            has = f"There is {', '.join(known)}." if known else "There is none."
            raise ConfigFault(f"[tools.{tool}] names the upstream {name!r}, which isn't there. {has}")


def _web_search(workshop: Workshop) -> Tool | None:
    said = workshop.settings.web_search
    if said is None:
        return None
    service = SERVICES[said.backend]
    url = said.url or service.url
    if not url:
        raise ConfigFault(f"[tools.web_search] needs the url of your {said.backend}.")
    if service.needs_key and not said.key_env:
        raise ConfigFault(
            f"[tools.web_search] needs key-env: the name of the variable that holds {said.backend}'s key."
        )
    key = workshop.key(said.key_env, "web_search") if said.key_env else ""
    limits = Limits(f"The search service ({said.backend})", said.timeout, retry=workshop.retry)
    return WebSearch(workshop.transport, service, url, key, limits)


def _code_interpreter(workshop: Workshop) -> Tool | None:
    return CodeInterpreter(workshop.transport) if workshop.settings.code_interpreter else None


def _image_generation(workshop: Workshop) -> Tool | None:
    said = workshop.settings.image_generation
    if said is None:
        return None
    workshop.check_upstream(said.upstream, "image_generation")
    return ImageGeneration(workshop.transport, partial(workshop.catalog.upstream, said.upstream), said, workshop.retry)


TOOLS: dict[str, Callable[[Workshop], Tool | None]] = {
    "code_interpreter": _code_interpreter,
    "image_generation": _image_generation,
    "web_search": _web_search,
}
"""Each gives None where it isn't set up, and raises `ConfigFault` where it is wrongly."""


def make_tools(workshop: Workshop) -> dict[str, Tool]:
    """The tools that are set up, by name. Raises `ConfigFault`."""
    made = {name: make(workshop) for name, make in TOOLS.items()}
    return {name: tool for name, tool in made.items() if tool is not None}
