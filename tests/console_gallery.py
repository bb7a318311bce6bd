"""A console with something on every page: long names, long outputs, tables, code, pictures, faults, and pages that are empty.

For axe and for the pictures of the docs. Three servers: one that is busy and has keys, one that replays a cassette, and one
that is new. Counterpart: `console_scene.py`, the browser in front of them.
"""

import base64
import contextlib
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from console_scene import a_console, a_workshop, base_of
from made_keys import Operator, bearer
from PIL import Image, ImageDraw
from playwright.sync_api import Page
from running_server import Scene, running_server

from antiphon.testing import Gate, Reply, reasoning, status, text, tool_call

PRICES = """[prices."scripted/*"]
input = 1.25
output = 10.0
"""
LONG_NAME = "quarterly-figures_2026-Q3_final_revised_and_commented_by_the_controlling_department_v12.md"
QUESTION = (
    "Compare the harbours of Lisbon, Porto and Setúbal: depth, quays, cranes. Then say which suits a ship of 190 m."
)
TABLE = """## Harbours compared

The largest ship that can enter is decided by the **depth at low water**, not by the length of the quay.

| Harbour | Depth at low water | Longest quay | Cranes over 40 t | Ships a year | Remark |
|---|---:|---:|---:|---:|---|
| Lisbon (Alcântara) | 13.0 m | 1,072 m | 6 | 2,904 | under the bridge: 70 m of air |
| Porto (Leixões) | 12.0 m | 540 m | 4 | 2,411 | swell from the west in winter |
| Setúbal | 12.7 m | 725 m | 2 | 1,587 | a channel of 12 km, pilots needed |

1. A ship of **190 m** draws about 11 m.
2. With a metre under the keel it needs 12 m, so that Porto is out *at low water*.

> Depths are those of the chart; ask the harbour master before you rely on them.

```python
def suits(depth: float, draught: float, under_keel: float = 1.0, tide: float = 0.0, *, squat: float = 0.4) -> bool:
    return depth + tide >= draught + under_keel + squat
```

See [the list of ports](https://ports.example/list) and call `suits(13.0, 11.0)`."""
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function", "name": name, "description": "One harbour's figures",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    for name in ("look_up_harbour", "read_tide_table_of_the_national_institute")
]  # fmt: skip
RESULT = (
    '{"harbour": "Lisbon", "quays": ['
    + ", ".join(f'{{"name": "Quay {n}", "length_m": {90 + 7 * n}}}' for n in range(24))
    + "]}"
)
SETTINGS = quote(json.dumps({
    "model": "scripted/m", "instructions": "Answer as a harbour master would: short, and with figures.", "temperature": 0.2,
    "tools": [TOOLS[0], {"type": "mcp", "server_label": "harbour", "server_url": "https://mcp.harbour.example/mcp"}],
}))  # fmt: skip
"""Of the playground, as its address has them."""
TRACE = "Traceback (most recent call last):\n" + "\n".join(
    f'  File "/srv/app/pipeline/stage_{n}/transform_everything_that_was_read_from_the_source.py", line {n * 17}, in run'
    for n in range(9)
)
ASKED = (
    "What is the tide in Cascais tomorrow?", "Translate the menu into Portuguese.", "Ola! Tudo bem?",
    "Summarise the minutes of the meeting of the harbour board, in five sentences, without names, and say what was decided.",
    "Which pilot is on call?", "Ποιο λιμάνι έχει γερανό;", "Write a haiku about cranes.",
)  # fmt: skip


LOOKS: dict[str, Any] = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
}
"""How pages are looked at: the options of a browser's context."""


@dataclass
class Gallery:
    """Addresses by the name of a page; `keyed` are those that are behind a key, which is `key`."""

    key: str
    pages: dict[str, str] = field(default_factory=dict)
    keyed: frozenset[str] = frozenset()

    def open(self, page: Page, name: str) -> Page:
        """Open a page of this name, with the key where it needs one."""
        page.set_extra_http_headers(bearer(self.key) if name in self.keyed else {})
        page.goto(self.pages[name], wait_until="load")
        return page


def dots() -> bytes:
    """A picture, as PNG."""
    image = Image.new("RGB", (480, 270), "#0f4c5c")
    draw = ImageDraw.Draw(image)
    for number in range(9):
        draw.rectangle((30 + 48 * number, 250 - 22 * number, 62 + 48 * number, 250), fill="#e0b354")
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


@dataclass
class Filler:
    """Puts content into the busy server."""

    scene: Scene
    base: str

    def ask(self, *replies: Reply, **body: Any) -> dict[str, Any]:
        """One streamed response."""
        self.scene.play(*replies)
        return self.scene.stream(**body).response

    def harbours(self) -> str:
        """Reasoning, two functions at once, and an answer with everything that Markdown has."""
        calls = tool_call(TOOLS[0]["name"], '{"city": "Lisbon"}') + tool_call(TOOLS[1]["name"], '{"city": "Porto"}')
        thought = reasoning("The user wants three harbours. ", "I look Lisbon and Porto up at once.")
        first = self.ask((thought + calls).timed(before_status=0.05, before_body=0.1), input=QUESTION, tools=TOOLS)
        outputs = [
            {"type": "function_call_output", "call_id": item["call_id"], "output": said}
            for item, said in zip(first["output"][-2:], (RESULT, TRACE), strict=True)
        ]
        answer = text(*(TABLE[at : at + 24] for at in range(0, len(TABLE), 24)), usage=(1840, 412))
        more = answer.timed(before_status=0.1, before_body=0.2, between=0.01)
        return str(self.ask(more, input=outputs, previous_response_id=first["id"], tools=TOOLS)["id"])

    def agent(self, url: str) -> str:
        """Turns and tools of an MCP server, one after the other, and one that fails."""
        turns = [
            tool_call("add", '{"a": 2, "b": 3}')
            + tool_call("wait", '{"seconds": 0.3}')
            + tool_call("wait", '{"seconds": 0.45}')
            + tool_call("say", '{"text": "ahoy ", "times": 40}'),
            tool_call("fail", "{}") + tool_call("wait", '{"seconds": 0.2}'),
        ]
        paced = [turn.timed(before_status=0.03, before_body=0.15, between=0.02) for turn in turns]
        last = text(*(["Five, "] + ["and ahoy "] * 20), usage=(932, 64)).timed(
            before_status=0.05, before_body=0.2, between=0.02
        )
        tool = {
            "type": "mcp",
            "server_label": "workshop_of_the_harbour",
            "server_url": url,
            "require_approval": "never",
        }
        self.ask(text("Ready.", usage=(12, 2)), input="Which tools are there?", tools=[tool])
        return str(self.ask(*paced, last, input="Add two and three, then greet.", tools=[tool])["id"])

    def pictures(self) -> str:
        """An image and a file in the question, a long line of code in the answer."""
        data = base64.b64encode(dots()).decode()
        content = [
            {"type": "input_text", "text": "What does this chart show?\nAnswer in one line of code."},
            {"type": "input_image", "image_url": f"data:image/png;base64,{data}", "detail": "auto"},
        ]
        said = "It rises:\n\n```js\nconst chart = {" + ", ".join(f"step{n}: {n * 22}" for n in range(40)) + "};\n```"
        return str(self.ask(text(said, usage=(812, 96)), input=[{"role": "user", "content": content}])["id"])

    def talk(self) -> str:
        """A conversation with branches off its branches."""
        words = {
            "topic": "harbours of the Iberian peninsula and what ships they take",
            "user": "controlling-department@company.example",
        }
        name = str(self.scene.server.post({"metadata": words}, "/conversations").json["id"])
        inside = [
            self.ask(text(f"It is so: {ask.lower()}", usage=(40, 12)), input=ask, conversation=name)["id"]
            for ask in ("Which harbour is the deepest?", "And the second?", "Which of them has a crane for 60 tons?")
        ]
        for start, asks in (
            (inside[0], ("And at high water?", "And in a storm from the west?")),
            (inside[2], ("What if it is booked?",)),
        ):
            branch = start
            for ask in asks:
                branch = self.ask(text("Then a metre more."), input=ask, previous_response_id=branch)["id"]
                self.ask(text("No."), input=f"Are you sure? ({ask})", previous_response_id=branch)
        self.scene.server.post({}, "/conversations")
        return name

    def store(self) -> tuple[str, str]:
        """A vector store with a file that was read, one with a long name, and one that can't be read."""
        client = self.scene.server.client
        harbour = "\n\n".join(
            f"## Quay {n}\n\nQuay {n} is {90 + 7 * n} m long and takes ships that draw {8 + n % 5} m."
            for n in range(30)
        )
        sent = [
            ("harbour.md", harbour.encode()),
            (LONG_NAME, b"# Figures\n\nCranes: six.\n"),
            ("broken.pdf", b"%PDF-1.4 none"),
        ]
        files = [client.files.create(file=one, purpose="assistants").id for one in sent]
        store = client.vector_stores.create(name="Harbours of the Iberian peninsula", file_ids=files).id
        client.vector_stores.create(name="Empty")
        until(lambda: not client.vector_stores.retrieve(store).file_counts.in_progress)
        return store, files[0]

    def many(self) -> None:
        """So many that the list has a second page."""
        for number in range(56):
            self.ask(text("Yes.", usage=(20 + 31 * number, 1 + 7 * number)), input=ASKED[number % len(ASKED)])
        self.ask(
            status(
                500, {"error": {"message": "CUDA out of memory. Tried to allocate 2.50 GiB (GPU 0; 23.69 GiB total)"}}
            ),
            input="Too much.",
        )
        self.ask(
            text("It was a dark and", usage=(12, 16), finish="length"), input="Tell me a story.", max_output_tokens=16
        )

    def running(self, gate: Gate) -> str:
        """One that is going on, until the gate opens."""
        self.scene.play(text(*["word "] * 8).held(gate, at=4))
        body = {"model": "scripted/m", "input": "Count the ships.", "background": True, "stream": True}
        with self.scene.server.http.stream("POST", "/responses", json=body) as stream:
            for line in stream.iter_lines():
                if '"delta"' in line:
                    break
        return str(self.scene.server.get("/responses", limit=1).json["data"][0]["id"])


def until(true: Any) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def keys_of(operator: Operator, scene: Scene) -> str:
    """Keys of many kinds; the administrator's, which the server knows by then."""
    operator.key(
        "shipping", "--name", "The nightly report of the controlling department, runs at four", "--expires", "90d"
    )
    ended = operator.key("shipping", "--name", "laptop", "--models", "scripted/*", "--models", "openai/gpt-5*")
    operator.keys("revoke", ended.split("-")[2])
    key = operator.key("default", "--name", "administrator", "--scopes", "inference,read,write,admin")
    until(lambda: scene.server.get("/models").status == 401)
    return key


@contextlib.contextmanager
def a_gallery(folder: Path) -> Iterator[Gallery]:
    """Every page, with something on it or without."""
    gate = Gate()
    folder.joinpath("antiphon.toml").write_text(PRICES)
    db = f"sqlite:///{folder}/kept.db"
    with (
        a_console("--usage", "--db", db, folder=folder) as (scene, base),
        a_workshop() as (_, url),
        a_replay(folder) as replay,
        a_console() as (_, new),
    ):
        fill = Filler(scene, base)
        answer, agent, chart = fill.harbours(), fill.agent(url), fill.pictures()
        fill.many()
        talk, (store, file) = fill.talk(), fill.store()
        other = fill.ask(text(TABLE.replace("13.0", "13.5").replace("Porto is out", "Lisbon is in")), input=QUESTION)[
            "id"
        ]
        bad = fill.ask(text("The first", "and the second", "and").cut_after(300), input="List the ships.")["id"]
        going = fill.running(gate)
        with ThreadPoolExecutor(1) as aside:
            # The loop of a browser may run in this thread.
            key = aside.submit(keys_of, Operator(db), scene).result()
        scene.server.http.headers.update(bearer(key))
        ours = f"{base}/console"
        busy = {
            "overview": ours + "/", "responses": f"{ours}/responses", "response": f"{ours}/responses/{answer}",
            "response-agent": f"{ours}/responses/{agent}", "response-image": f"{ours}/responses/{chart}",
            "response-failed": f"{ours}/responses/{bad}", "response-running": f"{ours}/responses/{going}",
            "compare": f"{ours}/responses/{answer}/compare/{other}", "conversations": f"{ours}/conversations",
            "conversation": f"{ours}/conversations/{talk}", "playground": f"{ours}/playground?continue={answer}#{SETTINGS}",
            "files": f"{ours}/files", "vector-store": f"{ours}/vector_stores/{store}?query=a+quay+of+97+m",
            "passages": f"{ours}/vector_stores/{store}/files/{file}", "usage": f"{ours}/usage", "keys": f"{ours}/keys",
            "error": f"{ours}/responses/resp_that_is_not_there", "filtered": f"{ours}/responses?text=nothing+like+it",
        }  # fmt: skip
        open_to_all = {
            "login": f"{ours}/login", "cassette": f"{replay}/console/cassettes", "interaction": f"{replay}/console/cassettes/1",
            **{f"new-{name or 'overview'}": f"{new}/console/{name}" for name in NEW},
        }  # fmt: skip
        yield Gallery(key, busy | open_to_all, frozenset(busy))
        gate.open()


NEW = ("", "responses", "conversations", "playground", "cassettes", "files", "usage", "keys")


@contextlib.contextmanager
def a_replay(folder: Path) -> Iterator[str]:
    """A console over a cassette, with a miss."""
    (place := folder / "replay").mkdir()
    with a_console("--cassette", "harbours.jsonl", "--mode", "record", folder=place) as (scene, _):
        scene.play(*(text(*(TABLE[at : at + 40] for at in range(0, 900, 40))).timed(between=0.01) for _ in range(3)))
        for ask in (QUESTION, "Second.", "Third."):
            scene.stream(input=ask, headers={"x-antiphon-scope": "test_harbours.py::test_that_they_are_compared"})
    with running_server("--cassette", "harbours.jsonl", "--mode", "replay", folder=place, complaints=".*") as server:
        asked = {"model": "scripted/m", "input": QUESTION, "stream": True}
        server.post(asked)
        server.post(
            {**asked, "temperature": 0.5, "instructions": "Answer as a harbour master would, in few words. " * 4}
        )
        yield base_of(server)
