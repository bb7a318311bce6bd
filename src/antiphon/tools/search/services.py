"""The search services that can be chosen, as a table: the word in antiphon.toml to what it stands for."""

from antiphon.tools.search.base import Service
from antiphon.tools.search.brave import BRAVE
from antiphon.tools.search.exa import EXA
from antiphon.tools.search.searxng import SEARXNG
from antiphon.tools.search.tavily import TAVILY

SERVICES: dict[str, Service] = {"searxng": SEARXNG, "brave": BRAVE, "tavily": TAVILY, "exa": EXA}
