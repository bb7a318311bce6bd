"""One server and one model behind it for this folder's clients, each test with a door of its own before it."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from mcp_servers import serving, workshop
from running_server import RunningServer, Scene, Stage, running_server
from watched_server import Door, watched

from antiphon.testing import ScriptedUpstream
from antiphon.testing.served import LoopThread

MODELS = ("m", "gpt-5.5")
"""A plain name, and one that clients know things of."""


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def shared_upstream(stage: Stage) -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=stage, models=MODELS) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def shared_server(shared_upstream: ScriptedUpstream) -> Iterator[RunningServer]:
    with running_server("--upstream", f"scripted={shared_upstream.url}") as server:
        yield server


@pytest.fixture
def scene(shared_server: RunningServer, shared_upstream: ScriptedUpstream, stage: Stage) -> Scene:
    return Scene(shared_server, shared_upstream, stage.script)


@pytest.fixture
def door(shared_server: RunningServer) -> Iterator[Door]:
    """What the client is given as the server: it keeps what goes through, and judges it in the end."""
    with watched(shared_server) as made:
        yield made


@pytest.fixture
def shop_url() -> Iterator[str]:
    """The address of a real MCP server with tools of every temper."""
    thread, stack = LoopThread(), AsyncExitStack()
    base = thread.do(stack.enter_async_context(serving(workshop().app("streamable"))))
    yield f"{base}/mcp"
    thread.do(stack.aclose())
    thread.do(_rest())
    thread.close()


async def _rest() -> None:
    """End what a client that left its stream open has left behind."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
