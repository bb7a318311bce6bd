"""Run by the interpreter of a client's own environment: turns of its agent, each event as a line of JSON.

`agent_turns.py PACKAGE BASE_URL MODEL MESSAGES…`: each of MESSAGES is the JSON of one turn's messages, in one session.
`--tool` among them offers a function, `--list` lists the responses in the end.
Not a test: `state/test_agent_clients.py` starts it.
"""

import dataclasses
import importlib
import json
import sys

CLIENTS = {"ogx_client": "OgxClient", "llama_stack_client": "LlamaStackClient"}


def boiling_point(liquid_name: str, celcius: bool = True) -> int:  # noqa: FBT001, FBT002 - a tool's parameters
    """
    Returns the boiling point of a liquid in Celcius or Fahrenheit.

    :param liquid_name: The name of the liquid
    :param celcius: Whether to return the boiling point in Celcius
    :return: The boiling point of the liquid
    """
    if liquid_name != "polyjuice":
        return -1
    return -100 if celcius else -212


def main() -> None:
    """Talk, and print what the agent emits."""
    package, base_url, model, *turns = sys.argv[1:]
    agents = importlib.import_module(f"{package}.lib.agents.agent")
    client = getattr(importlib.import_module(package), CLIENTS[package])(base_url=base_url, api_key="none")
    agent = agents.Agent(client, model=model, instructions="You are a helpful assistant", tools=tools(turns))
    session = agent.create_session("test-session")
    for messages in turns:
        if messages in {"--tool", "--list"}:
            continue
        try:
            for chunk in agent.create_turn(messages=json.loads(messages), session_id=session, stream=True):
                tell(type(chunk.event).__name__, **dataclasses.asdict(chunk.event))
        except importlib.import_module(package).APIError as error:
            tell("APIError", message=error.message)
    tell("Session", id=session)
    if "--list" in turns:
        tell("Listed", responses=[[one.id, len(one.input)] for one in client.responses.list(limit=1)])


def tell(kind: str, **members: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps({"kind": kind, **members}, default=str) + "\n")


def tools(turns: list[str]) -> list[object]:
    """The tool, where `--tool` asks for it."""
    return [boiling_point] if "--tool" in turns else []


if __name__ == "__main__":
    main()
