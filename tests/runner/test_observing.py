"""Whoever looks on at a run is told all of it but the events and, of a stream, all chunks but the first."""

from collections.abc import Awaitable, Callable

from antiphon.engine.commands import (
    Aid,
    CallUpstream,
    Command,
    Emit,
    Finish,
    Save,
    SaveStep,
)
from antiphon.engine.replies import Reply, Saved, UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.runner.drive import drive
from antiphon.runner.observing import Observer, Observers, watching
from antiphon.testing.playbook import chunks, said


class Onlooker:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def asked(self, command: Command) -> None:
        self.seen.append(type(command).__name__)

    def told(self, reply: Reply) -> None:
        self.seen.append(type(reply).__name__)


class Doors:
    """Gives the replies of a list."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)

    async def emit(self, command: Emit) -> None: ...

    def emit_now(self, command: Emit) -> bool:
        raise AssertionError(command)

    def at_hand(self) -> bool:
        """It has to be waited for."""
        return False

    def hand_over(self, take: Callable[[UpstreamChunks], bool]) -> None:
        """There is nothing to hand over."""

    async def save_step(self, command: SaveStep) -> None:
        raise AssertionError(command)

    def call(self, command: CallUpstream) -> None: ...

    def use_tool(self, command: Aid) -> None: ...

    def save(self, command: Save) -> None: ...

    def reply(self) -> Awaitable[Reply]:
        return self._next()

    def meanwhile(self, tell: Callable[[UpstreamOpened], Awaitable[None]]) -> None: ...

    async def _next(self) -> Reply:
        return self._replies.pop(0)

    def interrupted(self) -> Reply:
        raise AssertionError

    async def close(self) -> None: ...


async def test_an_observer_sees_commands_and_replies_but_no_tokens(run: Run) -> None:
    stream = [chunks(said(content="Hi")), chunks(said(content=" you")), chunks(said(finish="stop"))]
    observer = Onlooker()
    await drive(run, Doors(UpstreamOpened(), *stream, UpstreamDone(marked=True), Saved()), observer)
    assert observer.seen == [
        "CallUpstream", "UpstreamOpened", "UpstreamChunks", "UpstreamDone", "Save", "Saved", "Finish",
    ]  # fmt: skip


def test_nobody_watches(run: Run) -> None:
    assert watching([], run, "p") is None


def test_one_and_several_are_told_the_same(run: Run) -> None:
    one, two = Onlooker(), Onlooker()
    assert watching([lambda _run, _project: one], run, "p") is one
    both = watching([lambda _run, _project: one, lambda _run, _project: two], run, "p")
    assert isinstance(both, Observers)
    both.asked(Finish())
    both.told(Saved())
    assert one.seen == two.seen == ["Finish", "Saved"]


def test_a_watch_is_told_whose_run_it_is(run: Run) -> None:
    told: list[tuple[str, str]] = []

    def watch(watched: Run, project: str) -> Observer:
        told.append((watched.id, project))
        return Onlooker()

    watching([watch], run, "mine")
    assert told == [(run.id, "mine")]
