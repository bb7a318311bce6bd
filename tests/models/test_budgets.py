"""`max_output_tokens` is for the whole response, however many turns it takes; and usage is what they all used."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from agent_scene import ADD, Agent, agent_on
from mcp_servers import workshop
from running_server import Scene

from antiphon.testing import Reply, text


@pytest.fixture
async def agent(scene: Scene) -> AsyncIterator[Agent]:
    async with agent_on(scene, workshop()) as made:
        yield made


def using(reply: Reply, read: int, written: int) -> Reply:
    return replace(reply, usage=(read, written))


def limits(agent: Agent) -> list[int]:
    return [call.json["max_tokens"] for call in agent.scene.calls]


async def test_each_turn_has_what_is_left(agent: Agent) -> None:
    script = using(ADD, 10, 30), using(ADD, 20, 40), using(text("It is 5."), 30, 5)
    told = await agent.ask(*script, model="generic/m", max_output_tokens=100)
    assert limits(agent) == [100, 70, 30]
    assert told.final["status"] == "completed"
    assert told.final["max_output_tokens"] == 100
    usage = told.final["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (60, 75, 135)


@pytest.mark.parametrize("written", [50, 80])
async def test_when_nothing_is_left_the_response_is_incomplete(agent: Agent, written: int) -> None:
    told = await agent.ask(using(ADD, 1, written), text("Never said."), model="generic/m", max_output_tokens=50)
    assert limits(agent) == [50]
    assert told.final["status"] == "incomplete"
    assert told.final["incomplete_details"] == {"reason": "max_output_tokens"}
    # What was called was called: its outcome is kept.
    assert [one["type"] for one in told.output] == ["mcp_list_tools", "mcp_call"]
    assert told.output[1]["output"] == "5"


async def test_what_no_server_tells_is_estimated(agent: Agent) -> None:
    untold: Any = replace(ADD, usage=None)
    await agent.ask(untold, text("It is 5."), model="generic/m", max_output_tokens=1_000)
    first, second = limits(agent)
    assert 900 < second < first == 1_000
