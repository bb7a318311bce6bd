"""Functions of the client. Source: API reference, `function` tools and `function_call` items.

`about` of a function in a namespace holds its own `name` and the `namespace`, which the client sees apart.
"""

import msgspec

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.wire import events as ev
from antiphon.wire.items import FunctionCall


class FunctionFace(Face):
    """A `function_call`."""

    prefix = "fc"

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> FunctionCall:
        return FunctionCall(
            id=self.id,
            status=status,
            call_id=self.call_id,
            name=self._own_name,
            arguments=arguments,
            namespace=self.binding.about.get("namespace", msgspec.UNSET),
        )

    def delta(self, piece: str) -> list[ev.Event]:
        return [ev.FunctionCallArgumentsDelta(**self.place, delta=piece)]

    def last(self, arguments: str) -> list[ev.Event]:
        return [ev.FunctionCallArgumentsDone(**self.place, name=self._own_name, arguments=arguments)]

    @property
    def _own_name(self) -> str:
        return str(self.binding.about.get("name", self.name))
