"""Asks a moderation model what it finds in a text: carries out `Judge`, and judges for guardrails.

Not here: how it is asked and how its answer is read (`rails.py`), what follows (`engine/run.py`, `guarded.py`).
"""

import asyncio
from typing import Any

from antiphon.engine.commands import Judge
from antiphon.engine.replies import Judged
from antiphon.errors import AntiphonError, CassetteFault, StoreFault, UpstreamTimeout
from antiphon.upstream.asking import asked
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.rails import Guardrails
from antiphon.wire.moderation import ModerationError, ModerationResult


class Judges:
    """The judges of a server: those that requests name, and the operator's, which may have another way."""

    def __init__(self, client: UpstreamClient, catalog: Catalog, rails: Guardrails | None = None) -> None:
        self._client = client
        self._catalog = catalog
        self._rails = rails

    def in_scope(self, scope: str) -> "Judges":
        """The same on behalf of a scope of the cassette."""
        return Judges(self._client.in_scope(scope), self._catalog, self._rails)

    async def judge(self, command: Judge) -> Judged:
        """What is found in a text. Why there is no judgement is in the reply; that it isn't on a tape is raised."""
        rails, text = rails_of(command.model, self._rails), command.text
        question = rails.question(text, None) if command.side == "input" else rails.question("", text)
        try:
            found = await judgement(self._client, self._catalog, rails, question)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as fault:
            said = ModerationError(code=fault.code or fault.type, message=fault.message)
            return Judged(command.side, said, fault)
        return Judged(command.side, found)


async def judgement(
    client: UpstreamClient, catalog: Catalog, rails: Guardrails, question: dict[str, Any]
) -> ModerationResult:
    """What a judge finds. Raises `AntiphonError` where it can't be asked, or answers with something else."""
    try:
        async with asyncio.timeout(rails.timeout):
            return rails.judgement(await asked(client, catalog, rails.path, question))
    except TimeoutError:
        raise UpstreamTimeout("The guardrail took too long.") from None


def rails_of(model: str, rails: Guardrails | None) -> Guardrails:
    """How the judge of this full id is asked: as the operator says, where it is theirs."""
    kind = rails.kind if rails is not None and rails.model == model else "moderations"
    return Guardrails(model=model, kind=kind, input=False, action="filter")
