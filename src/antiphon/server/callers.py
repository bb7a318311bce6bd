"""Who asks: the project that a request belongs to. Every route takes it from here, and hands it to the store.

Not here: where it comes from (`front.py`). Counterpart: `Store`, each of whose methods has a project.
"""

from collections.abc import Mapping
from typing import Any

PROJECT = "antiphon.project"
"""Where a scope holds the caller's project."""
DEFAULT = "default"
"""The one project of an open server."""


def project_of(scope: Mapping[str, Any]) -> str:
    """The project of the request with this ASGI scope (a Starlette `Request` is one too)."""
    project: str = scope.get(PROJECT, DEFAULT)
    return project
