"""Antiphon: the Responses API in front of any chat-completions model, recorded and replayed.

Public names only; everything else may move between versions.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
