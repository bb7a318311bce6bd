"""A server of ours in a thread of the test's process, its tools set up by a real antiphon.toml, and a client of it.

The official client asks, and every answer is judged as it is read. Not here: a server in a process of its own
(`running_server.py`), what stands behind the tools (`antiphon.testing.ScriptedUpstream`).
"""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
from judged_http import Judged, judge_stream

from antiphon.config import Environment, load
from antiphon.server.app import build_app
from antiphon.server.services import open_services
from antiphon.testing import Request, ScriptedUpstream, parse_sse
from antiphon.testing.served import Listener, LoopThread

Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One answer that was streamed, and judged."""

    raw: bytes
    final: Json

    @property
    def events(self) -> list[Json]:
        return parse_sse(self.raw)

    @property
    def kinds(self) -> list[str]:
        """The names of its events without `response.`, those before the first item and the last left out."""
        return [str(event["type"]).removeprefix("response.") for event in self.events[2:-1]]

    @property
    def output(self) -> list[Json]:
        return list(self.final["output"])

    @property
    def part(self) -> Json:
        """The first part of the last message."""
        return dict(self.output[-1]["content"][0])


@dataclass(frozen=True)
class ToolServer:
    """A running server, its official client, and the model server behind it."""

    url: str
    client: openai.OpenAI
    upstream: ScriptedUpstream

    def ask(self, **body: Any) -> Told:
        """One streamed answer of the model `up/m`."""
        asked: Json = {"model": "up/m", "input": "Hello?", **body}
        with self.client.responses.with_streaming_response.create(stream=True, **asked) as answer:
            raw = answer.read()
        return Told(raw, judge_stream(raw))

    @property
    def calls(self) -> list[Request]:
        """What the model was asked."""
        return [request for request in self.upstream.requests if request.path.endswith("/chat/completions")]

    @property
    def told(self) -> str:
        """The result of the last call of a tool, as the model read it."""
        return str(self.calls[-1].json["messages"][-1]["content"])


@contextmanager
def tool_server(
    folder: Path, toml: str, upstream: ScriptedUpstream, variables: Mapping[str, str] | None = None, **flags: Any
) -> Iterator[ToolServer]:
    """A server whose folder holds this antiphon.toml, and whose models are those of `upstream`, called `up`."""
    (folder / "antiphon.toml").write_text(toml)
    config = load({"upstream": [f"up={upstream.url}"], "db": "memory://", **flags}, {}, folder)
    thread, stack = LoopThread(), AsyncExitStack()
    http = httpx2.Client(transport=Judged(), timeout=20)
    try:
        services = thread.do(stack.enter_async_context(open_services(config, Environment(variables=variables or {}))))
        listener = Listener(build_app(services))
        url = f"http://127.0.0.1:{thread.do(listener.start())}/v1"
        with openai.OpenAI(base_url=url, api_key="none", max_retries=0, http_client=http) as client:
            yield ToolServer(url, client, upstream)
        thread.do(listener.stop())
    finally:
        http.close()
        thread.do(stack.aclose())
        thread.close()
