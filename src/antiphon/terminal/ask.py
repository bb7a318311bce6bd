"""`antiphon ask`: one question, its answer streamed to the terminal. No server is started."""

import asyncio
import sys
from collections.abc import Mapping

import msgspec

from antiphon.config import Config, Environment
from antiphon.engine.dialects import dialect
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.run import Run
from antiphon.errors import AntiphonError, ConfigFault
from antiphon.runner.drive import drive
from antiphon.runner.foreground import Foreground
from antiphon.server.callers import DEFAULT
from antiphon.server.services import Services, open_services
from antiphon.terminal.serving import nothing_found
from antiphon.wire.events import (
    Event,
    OutputTextDelta,
    ReasoningTextDelta,
    RefusalDelta,
    ResponseIncomplete,
    StreamError,
)

DIM, PLAIN = "\x1b[2m", "\x1b[0m"


class Terminal:
    """The sink of an answer that a person reads: text to standard output, thinking dimmed and only on a screen."""

    def __init__(self) -> None:
        self.failed = False
        self._thinking = False
        self._screen = sys.stdout.isatty()

    def opened(self, headers: Mapping[str, str]) -> None:
        """Nothing of it is for a person."""

    async def emit(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case OutputTextDelta() | RefusalDelta():
                    self._write(event.delta, thinking=False)
                case ReasoningTextDelta() if self._screen:
                    self._write(event.delta, thinking=True)
                case StreamError():
                    self.failed = True
                    print(f"\nantiphon: {event.message}", file=sys.stderr)
                case ResponseIncomplete():
                    details = event.response.incomplete_details
                    print(f"\n[incomplete: {details.reason if details else 'stopped'}]", file=sys.stderr)
        sys.stdout.flush()

    def _write(self, text: str, *, thinking: bool) -> None:
        if thinking != self._thinking:
            sys.stdout.write(DIM if thinking else f"{PLAIN}\n\n")
            self._thinking = thinking
        sys.stdout.write(text)


def ask(config: Config, environment: Environment, question: str, model: str | None) -> int:
    """Ask and print. Raises what the asking raises; returns 1 when the answer failed half-way."""
    quiet = msgspec.structs.replace(config, db="memory://")
    return asyncio.run(_ask(quiet, environment, question, model))


async def _ask(config: Config, environment: Environment, question: str, model: str | None) -> int:
    async with open_services(config, environment) as services:
        body = msgspec.json.encode(
            {"model": model or await _any_model(services), "input": question, "store": False, "stream": True}
        )
        sources = services.sources_for("POST", "/v1/responses", body)
        asked = read_request(body, sources)
        target = await services.catalog.resolve(asked.request.model or "")
        place = Place(target.upstream.name, target.model, dialect(target.upstream.dialect))
        run = Run(make_plan(asked, [], place, sources, Notes()), sources)
        terminal = Terminal()
        finish = await drive(run, Foreground(services.client.ask, services.store, DEFAULT, terminal))
        if isinstance(finish.error, AntiphonError):
            raise finish.error
        print()
        return int(terminal.failed)


async def _any_model(services: Services) -> str:
    """The default model, or the first there is. Raises `ConfigFault` when there is none."""
    if services.config.default_model:
        return services.config.default_model
    models = await services.catalog.models()
    if not models:
        raise ConfigFault("\n".join(["There is no model to ask.", *nothing_found(services.found)]))
    return models[0].id
