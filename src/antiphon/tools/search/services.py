"""The search services that can be chosen, as a table: the word in antiphon.toml to what it stands for."""

from antiphon.tools.search.base import Service
from antiphon.tools.search.searxng import SEARXNG

SERVICES: dict[str, Service] = {"searxng": SEARXNG}
