"""Every page under axe, light, dark and narrow: nothing serious, nothing wider than the screen. axe comes from npm, where Node is found."""

from collections.abc import Iterator

import pytest
from client_environments import client_modules
from console_scene import Pages, a_console, a_page, base_of
from playwright.sync_api import Browser, Page
from running_server import running_server

from antiphon.testing import reasoning, text, tool_call

GRAVE = frozenset({"serious", "critical"})
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
LOOKS = {
    "light": ("light", 1280, "{resultTypes: ['violations']}"),
    "dark": ("dark", 1280, "{runOnly: ['color-contrast']}"),
    "narrow": (
        "light",
        360,
        "{runOnly: ['color-contrast', 'scrollable-region-focusable', 'nested-interactive']}",
    ),
}
"""Colours, width, and what axe looks for: in the dark only colours are others, on a telephone places and sizes."""
RUN = "async () => { const told = await axe.run(document, %s); return [told.violations, told.passes.length]; }"


@pytest.fixture(scope="session")
def axe() -> str:
    return (client_modules("axe") / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="session")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A console over a cassette, with a miss."""
    tape = tmp_path_factory.mktemp("axe") / "tape.jsonl"
    with a_console("--cassette", str(tape), "--mode", "record") as (scene, _):
        scene.play(text("One."))
        scene.stream(input="first")
    with running_server("--cassette", str(tape), "--mode", "replay", complaints=".*") as server:
        server.post({"model": "scripted/m", "input": "first", "temperature": 0.5})
        yield base_of(server)


def paths(pages: Pages) -> Iterator[str]:
    """Every page, with something on it."""
    pages.scene.play(reasoning("So.") + tool_call("f", "{}"))
    first = pages.scene.stream(input="x", tools=[FUNCTION]).response
    output = {"type": "function_call_output", "call_id": first["output"][-1]["call_id"], "output": "2"}
    second = pages.answer(
        "# A\n\n[b](https://x.example) `c`\n\n|a|b|\n|-|-|\n|1|2|", input=[output], previous_response_id=first["id"]
    )
    talk = pages.scene.server.post({"metadata": {"a": "b"}}, "/conversations").json["id"]
    pages.answer("Hello.", conversation=talk)
    pages.scene.stream(input="fails")
    yield from ("/", "/console/responses", "/console/playground", "/console/conversations", "/console/cassettes")
    yield from ("/console/files", "/console/usage", "/console/keys")
    yield from (f"/console/responses/{one}" for one in (first["id"], second))
    yield from (f"/console/responses/{first['id']}/compare/{second}", f"/console/conversations/{talk}")
    yield from (f"/console/playground?continue={second}", "/console/responses?status=failed", "/console/nothing")


def grave(page: Page, rules: str) -> list[str]:
    """What axe finds serious."""
    violations, passed = page.evaluate(RUN % rules)
    assert passed
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations if one["impact"] in GRAVE]


def test_no_page_has_a_serious_finding(axe: str, browser: Browser, pages: Pages, replay: str) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    taped = [f"{replay}/console/cassettes", f"{replay}/console/cassettes/1"]
    with a_page(browser, "") as seen:
        page = seen.page
        for url in [*(pages.base + path for path in paths(pages)), *taped]:
            page.goto(url)
            page.evaluate(axe)
            for look, (scheme, wide, rules) in LOOKS.items():
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
                page.set_viewport_size({"width": wide, "height": 800})
                said = grave(page, rules)
                if (there := page.evaluate("document.documentElement.scrollWidth")) > wide:
                    said.append(f"{there} pixels wide")
                if said:
                    found[url, look] = said
    assert found == {}
