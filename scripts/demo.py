"""`make demo`: a recorded conversation, replayed by a server and shown event by event; no model, network or key.

It starts `antiphon serve` on `examples/demo.jsonl` as a user would, asks it with the official `openai` client,
and then asks a second server the same, to compare the bytes. It leaves nothing behind. Not here: how the
cassette came about (`record_demo.py`), and how the terminal is written to (`demo_screen.py`).
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import openai
from openai.types.responses import (
    FunctionToolParam,
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseInputParam,
    ResponseStreamEvent,
)

from demo_screen import Screen

ROOT = Path(__file__).resolve().parents[1]
CASSETTE = ROOT / "examples" / "demo.jsonl"
MODEL = "demo/scripted"
QUESTION = "I fly to Oslo, then to Lisbon. Where do I need a coat?"
HELLO = "Say hello."
"""Asked by nobody here: it is on the cassette for those who replay it by hand."""

WEATHER = {"Oslo": "2 °C, snow", "Lisbon": "19 °C, sunny"}
TOOL = FunctionToolParam(
    type="function",
    name="weather",
    description="Today's weather in a city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    strict=True,
)
READY = re.compile(r"Antiphon \S+ at (http://\S+/v1)")
PATIENCE = 20

Show = Callable[[ResponseStreamEvent], None]


class Fingerprint:
    """What is left of the streams that a client reads: how many bytes they had, and their digest."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.bytes = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._digest.update(data)
        self.bytes += len(data)

    @property
    def digest(self) -> str:
        """The digest so far, in hex."""
        return self._digest.hexdigest()


class Overheard(httpx2.SyncByteStream):
    """A body that tells a fingerprint what passes."""

    def __init__(self, inner: httpx2.SyncByteStream, fingerprint: Fingerprint) -> None:
        self._inner = inner
        self._fingerprint = fingerprint

    def __iter__(self) -> Iterator[bytes]:
        for data in self._inner:
            self._fingerprint.add(data)
            yield data

    def close(self) -> None:
        """Close the body."""
        self._inner.close()


@contextmanager
def server(*flags: str) -> Iterator[str]:
    """The base URL of `antiphon serve` with these flags, in a folder of its own; stopped and gone afterwards.

    Raises `SystemExit` with what it said, where it doesn't start or doesn't answer.
    """
    command = [sys.executable, "-m", "antiphon.cli", "serve", "--port", "0", *flags]
    with tempfile.TemporaryDirectory(prefix="antiphon-demo-") as folder:
        settings = {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")}
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            first = process.stdout.readline() if process.stdout else ""
            ready = READY.match(first)
            if ready is None:
                raise SystemExit(f"The server did not start: {first}{ended(process)}")
            yield ready[1]
        except openai.APIError as error:
            raise SystemExit(f"\nThe server failed: {error}\nWhat it said:\n{ended(process)}") from None
        finally:
            ended(process)


def ended(process: subprocess.Popen[str]) -> str:
    """Stop the process, by force if it doesn't listen. Returns what it still had to say."""
    process.terminate()
    try:
        return process.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]
    except ValueError:
        return ""  # It was asked before.


@contextmanager
def client(base_url: str, fingerprint: Fingerprint) -> Iterator[openai.OpenAI]:
    """The official client, whose streams leave their fingerprint. Proxies of the environment are left alone."""

    def overhear(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = Overheard(response.stream, fingerprint)

    http = openai.DefaultHttpxClient(trust_env=False, event_hooks={"response": [overhear]})
    with openai.OpenAI(base_url=base_url, api_key="none", http_client=http, max_retries=0) as official:
        yield official


def ask(official: openai.OpenAI, given: str | ResponseInputParam, previous: str | None, show: Show) -> Response:
    """Stream one answer; each event is shown as it comes."""
    after = openai.omit if previous is None else previous
    stream = official.responses.create(model=MODEL, input=given, tools=[TOOL], previous_response_id=after, stream=True)
    final: Response | None = None
    for event in stream:
        show(event)
        if isinstance(event, ResponseCompletedEvent):
            final = event.response
    if final is None:
        raise SystemExit("The answer was not completed.")
    return final


def call_tools(response: Response) -> ResponseInputParam:
    """What our own function says to each call: the client's part of the conversation."""
    calls = [item for item in response.output if isinstance(item, ResponseFunctionToolCall)]
    return [
        {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": WEATHER[json.loads(call.arguments)["city"]],
        }
        for call in calls
    ]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is left of one: the ids of its responses, and the size and digest of its streams."""

    ids: tuple[str, ...]
    size: int
    digest: str


def converse(base_url: str, screen: Screen) -> Conversation:
    """Question, tool calls, their outputs, answer."""
    fingerprint = Fingerprint()
    with client(base_url, fingerprint) as official:
        screen.says("you", QUESTION)
        first = ask(official, QUESTION, None, screen.event)
        screen.says("weather(), weather()", " / ".join(WEATHER.values()))
        screen.note("Sent back with previous_response_id: the server keeps what came before.")
        second = ask(official, call_tools(first), first.id, screen.event)
    return Conversation((first.id, second.id), fingerprint.bytes, fingerprint.digest)


def replay(cassette: Path, screen: Screen) -> Conversation:
    """The conversation with a fresh server that has nothing but the cassette."""
    with server("--cassette", str(cassette), "--mode", "replay") as base_url:
        screen.note(f"antiphon serve listens at {base_url}")
        return converse(base_url, screen)


def main(screen: Screen) -> int:
    """Show all of it. Returns the exit code."""
    cassette = shown(CASSETTE)
    screen.title("Antiphon: the Responses API in front of a chat-completions model")
    screen.note(f"The model is a recording, {cassette}: nothing is asked but this machine.")
    first = replay(CASSETTE, screen)
    screen.title("The same questions to a second, fresh server")
    second = replay(CASSETTE, Screen.silent())
    for name, told in (("first", first), ("second", second)):
        screen.row(name, f"{told.size} bytes, sha256 {told.digest[:12]}…, {told.ids[0]}")
    same = first == second
    screen.row("", "the same, to the byte" if same else "THEY DIFFER: this is a fault of Antiphon")
    what_next(screen, cassette)
    return 0 if same else 1


def what_next(screen: Screen, cassette: str) -> None:
    """What to type after this."""
    antiphon = shown(Path(sys.executable).with_name("antiphon"))
    body = json.dumps({"model": MODEL, "input": HELLO})
    screen.title("What to type next")
    screen.step("this recording, served until Ctrl-C", f"{antiphon} serve --cassette {cassette} --mode replay")
    screen.step(
        "and asked, from another terminal",
        f"curl http://127.0.0.1:8321/v1/responses -H 'content-type: application/json' -d '{body}'",
    )
    screen.step("in front of the model servers of this machine", f"{antiphon} serve")
    screen.step("the same, recorded: asked again, it answers from the file", f"{antiphon} serve --cassette my.jsonl")


def shown(path: Path) -> str:
    """A path as it may be typed here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    try:
        sys.exit(main(Screen.of(sys.stdout, os.environ)))
    except KeyboardInterrupt:
        sys.exit(130)
