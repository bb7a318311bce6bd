"""Who asks: the caller of a request, and the project that it belongs to. Every route takes it from here.

A caller is put into a request's scope by the front, once, by its key; what isn't there raises, so that a path that
forgot to ask who it is serves nobody. Not here: how a key is checked (`access.py`), what a route needs (`rights.py`).
Counterpart: `Store`, each of whose methods has a project.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from antiphon.keys import ALL
from antiphon.upstream.catalog import Target

CALLER = "antiphon.caller"
"""Where a scope holds its caller."""
DEFAULT = "default"
"""The one project of an open server."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks. `models` are patterns of full ids, None for all; `key` is the public id of its key, if any."""

    project: str = DEFAULT
    scopes: frozenset[str] = ALL
    models: tuple[str, ...] | None = None
    key: str | None = None

    def may_ask(self, target: Target) -> bool:
        """Whether it may use a model. What counts is the model that answers, by whichever alias it was named."""
        if self.models is None:
            return True
        names = (target.full_id, target.model)
        return any(fnmatchcase(name, pattern) for pattern in self.models for name in names)


OPEN = Caller()
"""Anybody, at an open server."""


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Who sent the request with this ASGI scope (a Starlette `Request` is one too)."""
    caller: Caller = scope[CALLER]
    return caller


def project_of(scope: Mapping[str, Any]) -> str:
    """The project of the request with this ASGI scope (a Starlette `Request` is one too)."""
    return caller_of(scope).project
