"""An `UpstreamClient` behind guardrails: what goes to a model and what comes from it is judged by another one first.

The text of a stream is held until its sentence is judged; what comes behind it waits with it, so that nothing changes
its place. Not here: what is judged and how (`rails.py`). Counterpart: `client.py`, the same without.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from antiphon.engine.commands import CallUpstream
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed, UpstreamOpened
from antiphon.errors import AntiphonError, CassetteFault, StoreFault, UpstreamTimeout
from antiphon.transport import Transport
from antiphon.upstream.asking import asked
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.rails import Guardrails, Spoken, asked_text
from antiphon.upstream.retry import Retry

log = logging.getLogger("antiphon")


class GuardedClient(UpstreamClient):
    """Asks upstreams, within guardrails."""

    def __init__(
        self, transport: Transport, catalog: Catalog, rails: Guardrails, retry: Retry | None = None, *, scope: str = ""
    ) -> None:
        super().__init__(transport, catalog, retry, scope)
        self._rails = rails
        self._parts = (transport, catalog, rails, retry)
        self._judges = catalog

    def in_scope(self, scope: str) -> "GuardedClient":
        """The same, asking on behalf of a scope."""
        return GuardedClient(*self._parts, scope=scope)

    async def ask(self, call: CallUpstream) -> AsyncGenerator[Reply, None]:
        """As `UpstreamClient.ask`. A judge that can't be asked fails the call, unless the settings let it pass."""
        try:
            said = asked_text(call.body)
            if self._rails.input and said and await self._flagged(said, None):
                for reply in (UpstreamOpened(), *self._instead()):
                    yield reply
                return
            async with aclosing(super().ask(call)) as replies:
                watched = self._watched(replies, said or "") if self._rails.output else replies
                async for reply in watched:
                    yield reply
        except AntiphonError as fault:
            yield UpstreamFailed(fault)

    async def _watched(self, replies: AsyncIterator[Reply], said: str) -> AsyncIterator[Reply]:
        """What may be shown of the replies. It goes by chunks, not by reads: a replay asks the judge the same."""
        spoken = Spoken()
        async for reply in replies:
            fit = await self._fit(reply, spoken, said)
            if spoken.free:
                yield UpstreamChunks(spoken.freed())
            if not fit:
                for instead in self._instead():
                    yield instead
                return
            if not isinstance(reply, UpstreamChunks):
                yield reply

    async def _fit(self, reply: Reply, spoken: Spoken, said: str) -> bool:
        """Take a reply, and have judged what is whole by it."""
        if isinstance(reply, UpstreamOpened):
            return True
        if not isinstance(reply, UpstreamChunks):
            return not spoken.held or await self._lets(spoken, said)
        for chunk in reply.chunks:
            if spoken.take(chunk) and not await self._lets(spoken, said):
                return False
        return True

    async def _lets(self, spoken: Spoken, said: str) -> bool:
        if spoken.new.strip() and await self._flagged(said, spoken.judged + spoken.new):
            return False
        spoken.settle()
        return True

    def _instead(self) -> tuple[Reply, ...]:
        return UpstreamChunks([self._rails.instead()]), UpstreamDone(marked=True)

    async def _flagged(self, said: str, answered: str | None) -> bool:
        """Whether the judge found anything. Raises `AntiphonError` where it can't be asked."""
        rails = self._rails
        try:
            async with asyncio.timeout(rails.timeout):
                answer = await asked(self, self._judges, rails.path, rails.question(said, answered))
            found = rails.found(answer)
        except (AntiphonError, TimeoutError) as error:
            fault = error if isinstance(error, AntiphonError) else UpstreamTimeout("The guardrail took too long.")
            if rails.when_unavailable == "block" or isinstance(fault, CassetteFault | StoreFault):
                raise fault from None
            log.warning("guardrail: %s couldn't be asked: %s", rails.model, fault.message)
            return False
        if found:
            what = "an answer" if answered is not None else "an input"
            log.warning("guardrail: %s blocked %s (%s)", rails.model, what, ", ".join(sorted(found)))
        return bool(found)
