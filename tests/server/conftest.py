"""A server that all tests of this folder share, and one scene on it for each."""

from collections.abc import Iterator

import pytest
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream

MODELS = ("m", "meta-llama/Llama-3.1-8B", "qwen3:latest")


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def shared_upstream(stage: Stage) -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=stage, models=MODELS) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def shared_server(shared_upstream: ScriptedUpstream) -> Iterator[RunningServer]:
    """Its one model server is known under three names, as three makes."""
    url = shared_upstream.url
    upstreams = [f"scripted={url}", f"full={url},dialect=openai", f"ollama={url},dialect=ollama"]
    with running_server(*(word for upstream in upstreams for word in ("--upstream", upstream))) as server:
        yield server


@pytest.fixture
def scene(shared_server: RunningServer, shared_upstream: ScriptedUpstream, stage: Stage) -> Scene:
    return Scene(shared_server, shared_upstream, stage.script)
