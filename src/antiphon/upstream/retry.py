"""When to send a request again, and how long to wait before.

The policy is pure; `Retry` carries it out. Only whole answers are repeated, before a byte of their body was
handed on. Not here: a kept-alive connection that turned out dead, which `transport.py` replaces at once.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from antiphon.errors import UpstreamUnavailable
from antiphon.transport import HttpAnswer, HttpRequest, Transport

RETRIABLE = frozenset({429, 502, 503, 504, 529})
"""Overload and its kin; 529 is Anthropic's and some gateways'."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed.

    `attempt` counts from 1, `elapsed` is in seconds since the first began, `refused` means that nothing listened,
    `asked` is the wait in seconds that the upstream asked for.
    """

    attempt: int
    elapsed: float
    refused: bool = False
    asked: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How often and how long. All times are in seconds.

    A refused connection is tried again quickly: a server that just restarts is soon there, and one that is down
    should be reported while the client's status line is still open.
    """

    attempts: int = 3
    budget: float = 30.0
    longest: float = 10.0
    base: float = 0.5
    refused_base: float = 0.03

    def wait(self, failure: Failure, draw: float) -> float | None:
        """Seconds to wait before the next attempt, or None to give up. `draw` is a random number from 0 to 1.

        Exponential backoff with full jitter. Who asks for more than `longest` isn't asked again: the caller is
        told `Retry-After`, and can wait better than we can.
        """
        if failure.attempt >= self.attempts:
            return None
        base = self.refused_base if failure.refused else self.base
        seconds = draw * min(self.longest, base * 2 ** (failure.attempt - 1))
        seconds = max(seconds, failure.asked or 0)
        too_long = seconds > self.longest or failure.elapsed + seconds > self.budget
        return None if too_long else seconds


@dataclass(frozen=True, slots=True)
class Retry:
    """Sends with retries. Everything that isn't pure is passed in; the defaults are the real ones."""

    policy: Policy = field(default_factory=Policy)
    draw: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time

    async def send(self, transport: Transport, request: HttpRequest) -> HttpAnswer:
        """The first answer that isn't worth another attempt, or the last one. Raises what `Transport.send` raises."""
        began = self.monotonic()
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = await transport.send(request)
            except UpstreamUnavailable as fault:
                refused = isinstance(fault.__cause__, ConnectionRefusedError)
                failure = Failure(attempt, self.monotonic() - began, refused=True)
                wait = self.policy.wait(failure, self.draw()) if refused else None
                if wait is None:
                    raise
            else:
                if answer.status not in RETRIABLE or getattr(answer, "last", False):
                    # Of a tape that has no other answer, another attempt would get the same, or none.
                    return answer
                asked = asked_wait(answer.headers, self.wall())
                wait = self.policy.wait(Failure(attempt, self.monotonic() - began, asked=asked), self.draw())
                if wait is None:
                    return answer
                await answer.close()
            await self.sleep(wait)


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds a `Retry-After` asks for, given as a number or as a date; `now` is the Unix time.

    `retry-after-ms` is OpenAI's finer form of it.
    """
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        text = headers.get("retry-after", "")
        if text.strip()[:1].isdigit():
            return float(text)
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None
