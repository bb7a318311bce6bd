"""Functions of the client. Source: API reference, `function` tools and `function_call` items."""

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.wire import events as ev
from antiphon.wire.items import FunctionCall


class FunctionFace(Face):
    """A `function_call`."""

    prefix = "fc"

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> FunctionCall:
        return FunctionCall(id=self.id, status=status, call_id=self.call_id, name=self.name, arguments=arguments)

    def delta(self, piece: str) -> list[ev.Event]:
        return [ev.FunctionCallArgumentsDelta(**self.place, delta=piece)]

    def last(self, arguments: str) -> list[ev.Event]:
        return [ev.FunctionCallArgumentsDone(**self.place, name=self.name, arguments=arguments)]
