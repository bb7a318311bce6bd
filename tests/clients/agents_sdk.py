"""Run by the interpreter of the Agents SDK's own environment: does tasks, and says what came of each.

A line of JSON on standard input is a task, `{"task": …, "url": …, "mcp": …}`; one on standard output what came
of it. Not a test: `test_agents_sdk.py` starts it.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from agents import (
    Agent,
    ApplyPatchTool,
    HostedMCPTool,
    ModelSettings,
    OpenAIConversationsSession,
    Runner,
    ShellTool,
    function_tool,
    set_default_openai_client,
    set_tracing_disabled,
)
from agents.editor import ApplyPatchResult
from agents.mcp import MCPServerStreamableHttp
from agents.memory.openai_conversations_session import start_openai_conversations_session
from openai import AsyncOpenAI
from pydantic import BaseModel

MODEL = "openai/scripted/m"
"""The SDK takes what stands before the first slash for a provider of its own."""
Json = dict[str, Any]


class Weather(BaseModel):
    """The shape of an answer."""

    city: str
    celsius: int


@function_tool
def temperature(city: str) -> int:
    """The temperature of a city in degrees Celsius."""
    return {"Oslo": 4, "Rome": 19}[city]


def told(result: Any) -> Json:
    """What a run ended with."""
    return {
        "output": result.final_output if isinstance(result.final_output, str) else result.final_output.model_dump(),
        "agent": result.last_agent.name,
        "items": [item.type for item in result.new_items],
    }


async def functions() -> Json:
    """Two calls at once, then an answer in a given shape."""
    agent = Agent(
        name="clerk", instructions="Ask the tool.", model=MODEL, tools=[temperature], output_type=Weather,
        model_settings=ModelSettings(parallel_tool_calls=True, metadata={"task": "functions"}),
    )  # fmt: skip
    return told(await Runner.run(agent, "Where is it warmer, in Oslo or in Rome?"))


async def streamed() -> Json:
    """The same, streamed: the deltas of the text as they came."""
    agent = Agent(name="clerk", instructions="Ask the tool.", model=MODEL, tools=[temperature], output_type=Weather)
    result = Runner.run_streamed(agent, "Where is it warmer, in Oslo or in Rome?")
    events = [event async for event in result.stream_events()]
    raw = [event.data for event in events if event.type == "raw_response_event"]
    deltas = [each.delta for each in raw if each.type == "response.output_text.delta"]
    names = [event.name for event in events if event.type == "run_item_stream_event"]
    return {**told(result), "deltas": deltas, "names": names}


async def handoff() -> Json:
    """One agent passes the question on to another, which has the tool."""
    expert = Agent(name="expert", handoff_description="Knows temperatures.", model=MODEL, tools=[temperature])
    front = Agent(name="front", instructions="Pass it on.", model=MODEL, handoffs=[expert])
    result = Runner.run_streamed(front, "How warm is it in Oslo?")
    async for _ in result.stream_events():
        pass
    return told(result)


async def session() -> Json:
    """Three questions in a conversation that the server keeps, one of them streamed."""
    agent = Agent(name="clerk", model=MODEL, tools=[temperature])
    kept = OpenAIConversationsSession()
    first = await Runner.run(agent, "How warm is it in Oslo?", session=kept)
    second = Runner.run_streamed(agent, "And in Rome?", session=kept)
    async for _ in second.stream_events():
        pass
    third = await Runner.run(agent, "Thanks.", session=kept)
    items = await kept.get_items()
    last = await kept.pop_item()
    return {
        "outputs": [each.final_output for each in (first, second, third)],
        "kinds": [item.get("type") for item in items],
        "popped": last["role"] if last else None,
        "session": kept.session_id,
    }


async def conversation() -> Json:
    """Turns in a conversation, and by the id of the response before, which the SDK hands on itself."""
    agent = Agent(name="clerk", model=MODEL, tools=[temperature])
    made = await start_openai_conversations_session()
    one = await Runner.run(agent, "How warm is it in Oslo?", conversation_id=made)
    two = await Runner.run(agent, "How warm is it in Rome?", auto_previous_response_id=True)
    three = await Runner.run(agent, "Sure?", previous_response_id=two.last_response_id)
    return {"outputs": [each.final_output for each in (one, two, three)], "conversation": made}


async def hosted_mcp(mcp_url: str) -> Json:
    """A server's tools that our server calls: some at once, one after an approval that the SDK gives."""
    config = {
        "type": "mcp", "server_label": "shop", "server_url": mcp_url,
        "require_approval": {"never": {"tool_names": ["add"]}, "always": {"tool_names": ["say"]}},
    }  # fmt: skip
    tool = HostedMCPTool(tool_config=config, on_approval_request=lambda _: {"approve": True})
    agent = Agent(name="clerk", model=MODEL, tools=[tool, temperature])
    result = Runner.run_streamed(agent, "Add, then say it.")
    async for _ in result.stream_events():
        pass
    return told(result)


async def local_mcp(mcp_url: str) -> Json:
    """A server's tools that the SDK calls itself: functions to us."""
    async with MCPServerStreamableHttp({"url": mcp_url}, name="shop") as server:
        agent = Agent(name="clerk", model=MODEL, mcp_servers=[server])
        return told(await Runner.run(agent, "Add, then say it."))


async def built_in() -> Json:
    """A shell and a patch, carried out by the client as items of their own."""
    done: list[Any] = []

    async def shell(request: Any) -> str:
        done.append(list(request.data.action.commands))
        return "hello"

    agent = Agent(name="coder", model=MODEL, tools=[ShellTool(executor=shell), ApplyPatchTool(editor=Editor(done))])
    result = Runner.run_streamed(agent, "Greet the world.")
    async for _ in result.stream_events():
        pass
    return {**told(result), "done": done}


class Editor:
    """Notes what it is asked to change."""

    def __init__(self, done: list[Any]) -> None:
        self._done = done

    def create_file(self, operation: Any) -> ApplyPatchResult:
        """A new file."""
        return self._note(operation)

    def update_file(self, operation: Any) -> ApplyPatchResult:
        """A changed file."""
        return self._note(operation)

    def delete_file(self, operation: Any) -> ApplyPatchResult:
        """A file less."""
        return self._note(operation)

    def _note(self, operation: Any) -> ApplyPatchResult:
        self._done.append([operation.type, operation.path, operation.diff])
        return ApplyPatchResult(status="completed", output=f"Changed {operation.path}")


TASKS: dict[str, Callable[..., Awaitable[Json]]] = {
    task.__name__: task
    for task in (functions, streamed, handoff, session, conversation, hosted_mcp, local_mcp, built_in)
}


async def main() -> None:
    """Do the tasks, one after the other."""
    set_tracing_disabled(disabled=True)
    for line in sys.stdin:
        task = json.loads(line)
        async with AsyncOpenAI(base_url=task["url"], api_key="none", max_retries=0) as client:
            set_default_openai_client(client)
            came = await TASKS[task["task"]](*filter(None, [task["mcp"]]))
        sys.stdout.write(json.dumps(came) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
