"""Run by the interpreter of a client's own environment: a file, a vector store, and an agent that searches it.

`agent_files.py PACKAGE BASE_URL MODEL EMBEDDING_MODEL PATH QUESTION`. Each event of the turn is a line of JSON. Not a
test: `state/test_agent_files.py` starts it.
"""

import dataclasses
import importlib
import json
import sys
import time
from pathlib import Path

CLIENTS = {"ogx_client": "OgxClient", "llama_stack_client": "LlamaStackClient"}
PATIENCE = 60


def main() -> None:
    """Upload, attach, wait, ask, and print what the agent emits."""
    package, base_url, model, embedding_model, path, question = sys.argv[1:]
    agents = importlib.import_module(f"{package}.lib.agents.agent")
    client = getattr(importlib.import_module(package), CLIENTS[package])(base_url=base_url, api_key="none")
    with Path(path).open("rb") as data:
        file = client.files.create(file=data, purpose="assistants")
    store = client.vector_stores.create(
        name="documents", extra_body={"provider_id": "faiss", "embedding_model": embedding_model}
    )
    client.vector_stores.files.create(vector_store_id=store.id, file_id=file.id)
    until = time.monotonic() + PATIENCE
    while client.vector_stores.retrieve(store.id).status == "in_progress" and time.monotonic() < until:
        time.sleep(0.05)
    tool = {"type": "file_search", "vector_store_ids": [store.id]}
    agent = agents.Agent(client, model=model, instructions="You are a helpful assistant", tools=[tool])
    session = agent.create_session("test-session")
    messages = [{"role": "user", "content": question}]
    for chunk in agent.create_turn(messages=messages, session_id=session, stream=True):
        members = dataclasses.asdict(chunk.event)
        sys.stdout.write(json.dumps({"kind": type(chunk.event).__name__, **members}, default=str) + "\n")


if __name__ == "__main__":
    main()
