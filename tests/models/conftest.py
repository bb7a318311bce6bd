"""A server whose one model server stands for many makes, each under the make's name, and what is said of some models."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import Reply, Request, ScriptedUpstream, status

MAKES = ("deepseek", "generic", "llamacpp", "lmstudio", "ollama", "openrouter", "vllm")
SETTINGS = """
[models."generic/narrow"]
context = 300

[models."vllm/narrow"]
context = 300

[models."generic/heedless"]
structured_output = "prompt"

[models."deepseek/heeding"]
structured_output = "native"

[models."*/hermes"]
text_tool_calls = "hermes"

[models."*/llama"]
text_tool_calls = "llama"

[models."*/mistral"]
text_tool_calls = "mistral"

[models."*/any"]
text_tool_calls = "auto"
"""


@pytest.fixture(scope="session")
def model_stage() -> Stage:
    return Stage()


LISTED = [{"id": "m"}, {"id": "listed", "max_model_len": 300}, {"id": "long", "context_length": 100_000}]
OWN_PATHS = (
    "POST /tokenize",
    "POST /apply-template",
    "GET /props",
    "GET /api/ps",
    "GET /api/v0/models/m",
)
"""What makes have besides the chat API."""


class Desk:
    """What the model server answers under paths of its own; without an answer there is no such path."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Any], object]] = {}

    def __call__(self, request: Request) -> Reply:
        answer = self.answers.get(f"{request.method} {request.path}")
        return status(200, answer(request.json if request.body else {})) if answer else status(404, {"error": "none"})


@pytest.fixture(scope="session")
def shared_desk() -> Desk:
    return Desk()


@pytest.fixture
def desk(shared_desk: Desk) -> Iterator[Desk]:
    yield shared_desk
    shared_desk.answers.clear()


@pytest.fixture(scope="session")
def model_upstream(model_stage: Stage, shared_desk: Desk) -> Iterator[ScriptedUpstream]:
    listed = {"GET /v1/models": status(200, {"object": "list", "data": LISTED})}
    with ScriptedUpstream(default=model_stage, paths=listed | dict.fromkeys(OWN_PATHS, shared_desk)) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def model_server(model_upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder: Path = tmp_path_factory.mktemp("models")
    (folder / "antiphon.toml").write_text(SETTINGS)
    flags = [word for make in MAKES for word in ("--upstream", f"{make}={model_upstream.url},dialect={make}")]
    with running_server(*flags, folder=folder) as server:
        yield server


@pytest.fixture
def scene(model_server: RunningServer, model_upstream: ScriptedUpstream, model_stage: Stage) -> Scene:
    return Scene(model_server, model_upstream, model_stage.script)
