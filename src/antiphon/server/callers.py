"""Who asks: the project that a request belongs to. Every route takes it from here, and hands it to the store.

Not here: where it comes from (`front.py`). Counterpart: `Store`, each of whose methods has a project.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CALLER = "antiphon.caller"
"""Where a scope holds its caller."""
DEFAULT = "default"
"""The one project of an open server."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks."""

    project: str = DEFAULT


OPEN = Caller()
"""Anybody, at an open server."""


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Who sent the request with this ASGI scope (a Starlette `Request` is one too)."""
    caller: Caller = scope.get(CALLER, OPEN)
    return caller


def project_of(scope: Mapping[str, Any]) -> str:
    """The project of the request with this ASGI scope (a Starlette `Request` is one too)."""
    return caller_of(scope).project
