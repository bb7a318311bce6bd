"""Recorded requests asked again: of the upstream they were recorded from or of another, of another model.

Not here: what became of it (`meaning.py`, `outline.py`), commands (`terminal/cassette_again.py`).
Counterpart: `transport.py`, which records what a program asks.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from antiphon.cassettes.canonical import NotJson, parse_json
from antiphon.cassettes.interaction import Answered, Asked, Chunk, End, Interaction
from antiphon.cassettes.redaction import own_secrets, redact_answer, redact_request
from antiphon.cassettes.shapes import REDACTED
from antiphon.errors import UpstreamCut, UpstreamTimeout
from antiphon.transport import HttpRequest, Transport

ANTHROPIC = "/v1/messages"
GEMINI = re.compile(r"(?<=/models/)[^:/?]+(?=:)")
"""Where the model stands in an address of Gemini's."""


@dataclass(frozen=True, slots=True)
class Again:
    """How to ask again: whom, with which key, for which model; None is the recorded one.

    `address` gives the URL for a recorded request, `clock` seconds that only rise.
    """

    transport: Transport
    address: Callable[[Asked], str]
    clock: Callable[[], float]
    key: str | None = None
    model: str | None = None

    async def ask(self, interaction: Interaction) -> Answered:
        """The new answer, as it would be recorded. Raises what `Transport.send` raises."""
        request = self._request(interaction.asked)
        begun = self.clock()
        answer = await self.transport.send(request)
        chunks: list[Chunk] = []
        end = End.COMPLETE
        try:
            async for data in answer.chunks():
                chunks.append(Chunk(self._ms(begun), data))  # noqa: PERF401 - what came before a break is kept
        except UpstreamCut:
            end = End.CUT
        except UpstreamTimeout:
            end = End.TIMEOUT
        finally:
            await answer.close()
        answered = Answered(answer.status, answer.headers, tuple(chunks), end, self._ms(begun))
        return redact_answer(answered, own_secrets(request))

    def recorded(self, interaction: Interaction, answered: Answered) -> Interaction:
        """The new call as an interaction: what was asked now, without secrets, and what came."""
        asked = redact_request(self._request(interaction.asked))
        return replace(interaction, asked=asked, end=answered.end, load=lambda: answered, take=1)

    def _ms(self, begun: float) -> int:
        return round((self.clock() - begun) * 1000)

    def _request(self, asked: Asked) -> HttpRequest:
        url, body = _without_marks(self.address(asked)), asked.body
        if self.model:
            body = _with_model(body, self.model)
            url = GEMINI.sub(self.model, url)
        return HttpRequest(asked.method, url, asked.upstream, {**asked.headers, **self._credentials(asked)}, body)

    def _credentials(self, asked: Asked) -> dict[str, str]:
        if not self.key:
            return {}
        if asked.path.startswith(ANTHROPIC):
            return {"x-api-key": self.key}
        if GEMINI.search(asked.path):
            return {"x-goog-api-key": self.key}
        return {"authorization": f"Bearer {self.key}"}


def askable(interaction: Interaction) -> bool:
    """Whether an interaction asks a model: a POST of JSON that names one, or to an address that does."""
    asked = interaction.asked
    if asked.method != "POST":
        return False
    return bool(model_of(asked)) or GEMINI.search(asked.path) is not None


def model_of(asked: Asked) -> str:
    """The model that a request names, empty for none."""
    try:
        body = parse_json(asked.body)
    except NotJson:
        return ""
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else ""


def _without_marks(url: str) -> str:
    """An address without the parameters whose values were taken out as secrets."""
    parts = urlsplit(url)
    said = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if REDACTED not in pair[1]]
    return urlunsplit(parts._replace(query=urlencode(said)))


def _with_model(body: bytes, model: str) -> bytes:
    value = parse_json(body)
    if isinstance(value, dict) and "model" in value:
        return json.dumps(value | {"model": model}, ensure_ascii=False).encode()
    return body
