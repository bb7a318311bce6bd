"""Pictures of a run: kept for it, forgotten with it. What is asked and answered: tests/server/test_image_generation.py."""

import base64
from collections.abc import AsyncIterator

import pytest

from antiphon.engine.kinds.face import Outcome
from antiphon.errors import ToolFailed
from antiphon.network import Network
from antiphon.testing import ScriptedUpstream, status
from antiphon.tools.image_generation import ImageGeneration
from antiphon.tools.settings import ImageSettings
from antiphon.tools.tool import ToolCall
from antiphon.upstream.addresses import Upstream
from antiphon.wire.image_generation import ImageGenerationTool

PNG = base64.b64encode(b"a picture").decode()
MADE = status(200, {"data": [{"b64_json": PNG, "revised_prompt": "A cat, grey"}]})
PATHS = {"POST /v1/images/generations": MADE, "POST /v1/images/edits": MADE}


@pytest.fixture
async def service() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(paths=PATHS) as made:
        yield made


@pytest.fixture
async def tool(service: ScriptedUpstream) -> AsyncIterator[ImageGeneration]:
    network = Network()
    upstream = Upstream.at("up", service.url, "key-1")
    yield ImageGeneration(network, lambda: upstream, ImageSettings(upstream="up"))
    await network.close()


async def call(tool: ImageGeneration, arguments: str, run_id: str = "resp_1") -> Outcome:
    about = {"tool": ImageGenerationTool(), "pictures": ()}
    return await tool.call(ToolCall(about, arguments, run_id, "default", "", lambda piece: pytest.fail(str(piece))))


async def test_the_servers_own_words_for_the_prompt_are_shown(tool: ImageGeneration, service: ScriptedUpstream) -> None:
    outcome = await call(tool, '{"prompt": "A cat"}')
    assert (outcome.shown["result"], outcome.shown["revised_prompt"]) == (PNG, "A cat, grey")
    assert service.requests[0].headers["authorization"] == "Bearer key-1"


async def test_a_run_can_change_its_own_pictures_and_no_others(tool: ImageGeneration) -> None:
    await call(tool, '{"prompt": "A cat"}')
    changed = await call(tool, '{"prompt": "Redder", "edit": true}')
    assert changed.shown["action"] == "edit"
    with pytest.raises(ToolFailed, match="no picture"):
        await call(tool, '{"prompt": "Redder", "edit": true}', run_id="resp_2")
    await tool.leave("resp_1")
    with pytest.raises(ToolFailed, match="no picture"):
        await call(tool, '{"prompt": "Redder", "edit": true}')


@pytest.mark.parametrize("arguments", ["{}", '{"prompt": " "}', '{"prompt": 5}', "a cat"])
async def test_without_a_prompt_nobody_is_asked(
    tool: ImageGeneration, service: ScriptedUpstream, arguments: str
) -> None:
    with pytest.raises(ToolFailed, match="no prompt"):
        await call(tool, arguments)
    assert service.requests == []
