"""Run by the interpreter of LangChain's own environment: does tasks, and says what came of each.

A line of JSON on standard input is a task, `{"task": …, "url": …, "mcp": …}`; one on standard output what came
of it. Not a test: `test_langchain.py` starts it.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

Json = dict[str, Any]


class Weather(BaseModel):
    """The shape of an answer."""

    city: str
    celsius: int


@tool
def temperature(city: str) -> int:
    """The temperature of a city in degrees Celsius."""
    return {"Oslo": 4, "Rome": 19}[city]


def model(base_url: str, **more: Any) -> ChatOpenAI:
    """The model, by the Responses API."""
    return ChatOpenAI(
        model="scripted/m", base_url=base_url, api_key="none", max_retries=0, use_responses_api=True, **more
    )


def outputs(message: AIMessage) -> list[BaseMessage]:
    """What the tool says to each call."""
    return [ToolMessage(str(temperature.invoke(call["args"])), tool_call_id=call["id"]) for call in message.tool_calls]


def loop(base_url: str) -> Json:
    """A small agent: asks until there are no calls."""
    bound = model(base_url).bind_tools([temperature])
    messages: list[BaseMessage] = [HumanMessage("Where is it warmer, in Oslo or in Rome?")]
    answer = bound.invoke(messages)
    while answer.tool_calls:
        messages += [answer, *outputs(answer)]
        answer = bound.invoke(messages)
    return {"text": answer.text, "roles": [message.type for message in messages], "usage": answer.usage_metadata}


def streamed(base_url: str) -> Json:
    """The same, streamed, with the newer form of its messages."""
    bound = model(base_url, output_version="responses/v1").bind_tools([temperature])
    messages: list[BaseMessage] = [HumanMessage("Where is it warmer, in Oslo or in Rome?")]
    texts: list[str] = []
    for _ in range(9):
        whole: AIMessageChunk | None = None
        for chunk in bound.stream(messages):
            texts += [chunk.text] if chunk.text else []
            whole = chunk if whole is None else whole + chunk
        if whole is None or not whole.tool_calls:
            break
        messages += [whole, *outputs(whole)]
    return {"texts": texts, "roles": [message.type for message in messages]}


def chained(base_url: str) -> Json:
    """Turns by the id of the response before, which LangChain takes from its messages."""
    bound = model(base_url, use_previous_response_id=True).bind_tools([temperature])
    messages: list[BaseMessage] = [HumanMessage("How warm is it in Oslo?")]
    answer = bound.invoke(messages)
    messages += [answer, *outputs(answer)]
    answer = bound.invoke(messages)
    messages += [answer, HumanMessage("Sure?")]
    return {"texts": [answer.text, bound.invoke(messages).text]}


def shaped(base_url: str) -> Json:
    """An answer in a given shape."""
    found = model(base_url).with_structured_output(Weather).invoke("Where is it warmer?")
    return found.model_dump() if isinstance(found, Weather) else {"found": repr(found)}


def hosted_mcp(base_url: str, mcp_url: str) -> Json:
    """A server's tools that our server calls, beside a function."""
    config = {"type": "mcp", "server_label": "shop", "server_url": mcp_url, "require_approval": "never"}
    bound = model(base_url, output_version="responses/v1").bind_tools([config, temperature])
    messages: list[BaseMessage] = [HumanMessage("Add.")]
    answer = bound.invoke(messages)
    messages += [answer, *outputs(answer)]
    last = bound.invoke(messages)
    return {"text": last.text, "blocks": [block["type"] for block in answer.content if isinstance(block, dict)]}


TASKS: dict[str, Callable[..., Json]] = {task.__name__: task for task in (loop, streamed, chained, shaped, hosted_mcp)}


def main() -> None:
    """Do the tasks, one after the other."""
    for line in sys.stdin:
        task = json.loads(line)
        came = TASKS[task["task"]](*filter(None, [task["url"], task["mcp"]]))
        sys.stdout.write(json.dumps(came) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
