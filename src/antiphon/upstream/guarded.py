"""An `UpstreamClient` behind guardrails: what goes to a model and what comes from it is judged by another one first.

The rails are the operator's, and those that a request asks for with `moderation`. The text of a stream is held until
its sentence is judged; what comes behind it waits with it, so that nothing changes its place. Not here: what is judged
and how (`rails.py`, `judging.py`). Counterpart: `client.py`, the same without.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from antiphon.engine.commands import CallUpstream
from antiphon.engine.moderating import asked_text
from antiphon.engine.replies import Judged, Reply, UpstreamChunks, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.errors import AntiphonError, CassetteFault, StoreFault
from antiphon.transport import Transport
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.judging import judgement, rails_of
from antiphon.upstream.rails import Guardrails, Spoken
from antiphon.upstream.retry import Retry
from antiphon.wire.chat import one_by_one
from antiphon.wire.moderation import ModerationResult

log = logging.getLogger("antiphon")


class GuardedClient(UpstreamClient):
    """Asks upstreams, within guardrails: the operator's, where there are any, and those of a call."""

    def __init__(
        self,
        transport: Transport,
        catalog: Catalog,
        rails: Guardrails | None = None,
        retry: Retry | None = None,
        *,
        scope: str = "",
    ) -> None:
        super().__init__(transport, catalog, retry, scope)
        self._rails = rails
        self._parts = (transport, catalog, rails, retry)
        self._judges = catalog

    def in_scope(self, scope: str) -> "GuardedClient":
        """The same, asking on behalf of a scope."""
        return GuardedClient(*self._parts, scope=scope)

    def ask(self, call: CallUpstream) -> AsyncGenerator[Reply, None]:
        """As `UpstreamClient.ask`. A judge that can't be asked fails the call, unless the settings let it pass."""
        replies = super().ask(call)
        if self._rails is not None:
            replies = self._within(self._rails, call, replies)
        if call.guard is not None:
            replies = self._within(rails_of(call.guard, self._rails), call, replies)
        return replies

    async def _within(
        self, rails: Guardrails, call: CallUpstream, replies: AsyncGenerator[Reply, None]
    ) -> AsyncGenerator[Reply, None]:
        """What may be shown of the replies; nothing is asked before the input is judged."""
        async with aclosing(replies):
            try:
                said = asked_text(call.body.get("messages", ()))
                if rails.input and said and await self._flagged(rails, said, None):
                    for reply in (UpstreamOpened(), *_instead(rails)):
                        yield reply
                    return
                watched = self._watched(rails, replies, said or "") if rails.output else replies
                async for reply in watched:
                    yield reply
            except AntiphonError as fault:
                yield UpstreamFailed(fault)

    async def _watched(self, rails: Guardrails, replies: AsyncIterator[Reply], said: str) -> AsyncIterator[Reply]:
        """What may be shown of the replies. It goes by chunks, not by reads: a replay asks the judge the same."""
        spoken = Spoken()
        async for reply in replies:
            found = await self._found(rails, reply, spoken, said)
            if spoken.free:
                yield UpstreamChunks(spoken.freed())
            if found is not None:
                if rails is not self._rails:
                    # Whoever asked for it is told.
                    yield Judged("output", found)
                for instead in _instead(rails):
                    yield instead
                return
            if not isinstance(reply, UpstreamChunks):
                yield reply

    async def _found(self, rails: Guardrails, reply: Reply, spoken: Spoken, said: str) -> ModerationResult | None:
        """Take a reply, and have judged what is whole by it: what is found that may not be shown."""
        if isinstance(reply, UpstreamOpened):
            return None
        if not isinstance(reply, UpstreamChunks):
            return await self._settled(rails, spoken, said) if spoken.held else None
        for chunk in one_by_one(reply.chunks):
            if spoken.take(chunk) and (found := await self._settled(rails, spoken, said)):
                return found
        return None

    async def _settled(self, rails: Guardrails, spoken: Spoken, said: str) -> ModerationResult | None:
        if spoken.new.strip() and (found := await self._flagged(rails, said, spoken.judged + spoken.new)):
            return found
        spoken.settle()
        return None

    async def _flagged(self, rails: Guardrails, said: str, answered: str | None) -> ModerationResult | None:
        """What the judge found, None for nothing that counts. Raises `AntiphonError` where it can't be asked."""
        try:
            result = await judgement(self, self._judges, rails, rails.question(said, answered))
        except AntiphonError as fault:
            if rails.when_unavailable == "block" or isinstance(fault, CassetteFault | StoreFault):
                raise
            log.warning("guardrail: %s couldn't be asked: %s", rails.model, fault.message)
            return None
        found = rails.counted(result)
        if found and rails is self._rails:
            what = "an answer" if answered is not None else "an input"
            log.warning("guardrail: %s blocked %s (%s)", rails.model, what, ", ".join(sorted(found)))
        return result if found else None


def _instead(rails: Guardrails) -> tuple[Reply, ...]:
    return UpstreamChunks([rails.instead()]), UpstreamDone(marked=True)
