"""Antiphon: the Responses API in front of any chat-completions model, recorded and replayed.

Public names only; everything else may move between versions.
"""

from importlib.metadata import version

__version__ = version("antiphon")

__all__ = ["__version__"]
