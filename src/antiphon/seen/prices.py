"""What tokens cost, by prices that the operator names.

They stand under `[prices."PATTERN"]` in antiphon.toml; patterns match full model ids. Not here: counting (`usage.py`).
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec
from msgspec import Meta

from antiphon.wire.responses import Usage

Money = Annotated[float, Meta(ge=0)]


class Price(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Of a million tokens, in a currency of the operator's choice; `cached` is that of input where it isn't said."""

    input: Money = 0.0
    cached: Money | None = None
    output: Money = 0.0

    def cost(self, usage: Usage) -> int:
        """In millionths of the currency."""
        cached = min(usage.input_tokens_details.cached_tokens, usage.input_tokens)
        cached_price = self.input if self.cached is None else self.cached
        whole = (usage.input_tokens - cached) * self.input + cached * cached_price + usage.output_tokens * self.output
        return round(whole)


def cost_of(model: str, usage: Usage | None, prices: Mapping[str, Price]) -> int:
    """What these tokens cost, in millionths; nothing for a model that has no price. The first pattern counts."""
    if usage is None:
        return 0
    for pattern, price in prices.items():
        if fnmatchcase(model, pattern):
            return price.cost(usage)
    return 0
