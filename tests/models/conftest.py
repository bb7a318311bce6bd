"""A server whose one model server stands for many makes, each under the make's name, and what is said of some models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream

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


@pytest.fixture(scope="session")
def model_upstream(model_stage: Stage) -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=model_stage, models=("m",)) as upstream:
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
