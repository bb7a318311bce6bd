"""Runs as those see them who look on: commands and replies told by hand, and the account that comes of it."""

from collections.abc import Sequence
from random import Random

import msgspec

from antiphon.engine.commands import CallTool, CallUpstream, Command, Finish, Save
from antiphon.engine.dialects import dialect
from antiphon.engine.input import Item
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import Reply, Saved, ToolDone, UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.seen.account import Account, Accounts
from antiphon.seen.later import Later
from antiphon.seen.prices import Price, Prices
from antiphon.sources import seeded
from antiphon.wire.answers import Answer

PRICES = {"up/*": Price(input=1.0)}


def run(**said: object) -> Run:
    """A run that hasn't begun, for a request with these members."""
    sources = seeded("s", 1000.0)
    asked = read_request(msgspec.json.encode({"model": "up/m", "input": "Hello?", **said}), sources)
    context: Sequence[Item] = []
    return Run(make_plan(asked, context, Place("up", "m", dialect("generic")), sources, Notes(), Own()), sources)


class Time:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


AGENT: list[Command | Reply] = [
    CallUpstream("up", {"model": "m"}),
    UpstreamOpened(),
    UpstreamChunks([]),
    UpstreamDone(marked=True),
    CallTool("call_1", "mcp", {"name": "add"}, "{}"),
    ToolDone("call_1", Outcome("5")),
    CallUpstream("up", {"model": "m"}),
    UpstreamOpened(),
    UpstreamDone(marked=True),
    Save(Answer(id="resp_1", created_at=0, status="completed", model="m", body=b"{}")),
    Saved(),
    Finish(),
]
"""What a run of two turns with a tool is told and asks."""


def account(told: Sequence[Command | Reply] = AGENT, chance: Random | None = None, **said: object) -> Account:
    """The account of a run to which this happened."""
    found: list[Account] = []
    accounts = Accounts(Time(), [found.extend], Later(), Prices(PRICES), chance)
    looking = accounts.watch(run(**said), "p")
    for step in told:
        if isinstance(step, Command):
            looking.asked(step)
        else:
            looking.told(step)
    accounts.later.settle()
    (only,) = found
    return only
