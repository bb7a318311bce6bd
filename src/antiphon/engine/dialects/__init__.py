"""Provider quirks, pure and as data."""

from antiphon.engine.dialects.base import Dialect
from antiphon.engine.dialects.table import DIALECTS, dialect

__all__ = ["DIALECTS", "Dialect", "dialect"]
