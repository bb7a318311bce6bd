"""The console in a real browser: what its pages do beyond their HTML. Nothing is asked of another host, and nothing breaks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_scene import Pages, Seen, a_page, a_workshop, base_of
from playwright.sync_api import Browser, expect
from running_server import running_server

from antiphon.testing import Gate, reasoning, text, tool_call

HOSTILE = """<script>window.hit = 1</script><img src="https://evil.example/i.png" onerror="window.hit = 2">
<svg onload="window.hit = 3"><image href="https://evil.example/s.svg"/></svg>

![pixel](https://evil.example/pixel.png) [click](javascript:window.hit=4) [away](https://evil.example/)

<iframe src="https://evil.example/"></iframe><style>@import url(https://evil.example/c.css);</style>
<link rel="stylesheet" href="https://evil.example/l.css"><form action="https://evil.example/"></form>"""


@pytest.fixture
def seen(browser: Browser, pages: Pages) -> Iterator[Seen]:
    """A page of the console; whatever a test does, it was quiet in the end."""
    with a_page(browser, pages.base) as opened:
        yield opened
        opened.quiet()


def test_the_overview_renews_itself(seen: Seen, pages: Pages) -> None:
    page = seen.go("/")
    runs = page.locator(".figures dd").nth(1)
    before = int(runs.inner_text())
    page.locator("div[aria-labelledby=upstreams]").focus()
    pages.answer()
    expect(runs).to_have_text(str(before + 1))
    # What is renewed doesn't take the focus away.
    expect(page.locator("div[aria-labelledby=upstreams]")).to_be_focused()


def test_a_timeline_grows_while_the_run_goes_on(seen: Seen, pages: Pages) -> None:
    gate = Gate()
    pages.scene.play(text("one", "two").held(gate, at=2))
    with pages.scene.server.client.responses.create(model="scripted/m", input="x", stream=True) as stream:
        kept = next(iter(stream)).response.id  # type: ignore[union-attr] # the first event has one
        page = seen.go(f"/console/responses/{kept}")
        expect(page.locator(".bar.turn.open").first).to_be_visible()
        # Between two drawings of the server it grows by itself, to the end of the axis.
        first = page.locator(".timeline .took").text_content() or ""
        expect(page.locator(".timeline .took")).not_to_have_text(first)
        expect(page.locator(".timeline .took")).to_have_text(re.compile(r"\d+(\.\d)? s"))
        expect(page.locator("[data-elapsed]")).to_have_text(re.compile(r"\d+(\.\d)? s"))
        x, width = (float((page.locator(".bar.open").last.get_attribute(name) or "")[:-1]) for name in ("x", "width"))
        assert abs(x + width - 100) < 1  # hundredths of the axis
        gate.open()
        for _ in stream:
            pass
    # It has ended and is stored: the page shows the items.
    expect(page.locator(".chat .assistant")).to_contain_text("onetwo")
    expect(page.locator(".bar.save")).to_be_visible()


def test_a_stream_is_played_again(seen: Seen, pages: Pages) -> None:
    pages.scene.play(text("a", "b", "c"))
    kept = pages.scene.stream().response["id"]
    page = seen.go(f"/console/responses/{kept}")
    slider = page.get_by_role("slider", name="Event")
    slider.fill("0")
    expect(page.locator(".scrub output")).to_contain_text("1 of ")
    expect(page.locator(".scrub > div > pre").last).to_have_text("(no text yet)")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".scrub > div > pre").last).to_have_text("abc")
    page.locator(".scrub ol").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".scrub li[aria-current]")).not_to_contain_text("completed")


def test_the_playground_asks_plays_a_function_and_goes_on(seen: Seen, pages: Pages) -> None:
    page = seen.go("/console/playground")
    pages.scene.play(
        reasoning("Let me see.") + tool_call("get_weather", '{"city": "Lisbon"}'), text("It is **21** degrees.")
    )
    page.get_by_label("Model", exact=True).fill("scripted/m")
    page.get_by_label("Instructions").fill("Be brief.")
    page.get_by_role("button", name="Add function").click()
    page.get_by_label("Message").fill("How warm is Lisbon?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("city, string")).to_have_value("Lisbon")
    page.get_by_label("Result").fill('{"temp": 21}')
    page.get_by_role("button", name="Give the result").click()
    expect(page.locator(".chat .assistant strong")).to_have_text("21")
    first, second = pages.scene.calls
    assert first.json["messages"][0] == {"role": "system", "content": "Be brief."}
    assert second.json["messages"][-1]["content"] == '{"temp": 21}'
    page.get_by_text("The same request as code").click()
    expect(page.locator("#code pre").first).to_contain_text("previous_response_id")
    # The settings stand in the address.
    assert "get_weather" in page.url


def test_the_playground_asks_for_leave_to_call_a_tool_of_mcp(seen: Seen, pages: Pages) -> None:
    with a_workshop() as (_, url):
        page = seen.go("/console/playground")
        pages.scene.play(tool_call("add", '{"a": 2, "b": 3}'), text("Five."))
        page.get_by_label("Model", exact=True).fill("scripted/m")
        page.get_by_role("button", name="Add MCP server").click()
        page.get_by_label("URL").fill("http://127.0.0.1:1/mcp")
        page.get_by_role("button", name="List tools").click()
        expect(page.locator(".tool .bad")).to_contain_text("127.0.0.1:1")
        page.get_by_label("URL").fill(url)
        page.get_by_role("button", name="List tools").click()
        expect(page.get_by_role("checkbox", name="add")).to_be_checked()
        page.get_by_role("checkbox", name="fail").uncheck()
        page.get_by_label("Message").fill("Add.")
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="Allow").click()
        expect(page.locator(".chat .assistant")).to_contain_text("Five.")
        expect(page.locator(".entry.call .sides pre").last).to_have_text("5")
        expect(page.get_by_text("Tools of server")).to_be_visible()
        offered = [tool["function"]["name"] for tool in pages.scene.calls[0].json["tools"]]
        assert "add" in offered
        assert "fail" not in offered


def test_the_playground_sends_an_image_and_a_file(seen: Seen, pages: Pages, tmp_path: Path) -> None:
    page = seen.go("/console/playground")
    pages.scene.play(text("A picture."))
    image, plain = tmp_path / "dot.png", tmp_path / "words.txt"
    image.write_bytes(b"\x89PNG")
    plain.write_bytes(b"words")
    page.get_by_label("Model", exact=True).fill("scripted/m")
    page.locator("#files").set_input_files([image, plain])
    dropped = page.evaluate_handle(
        "() => { const all = new DataTransfer(); all.items.add(new File(['dropped here'], 'dropped.md')); return all; }"
    )
    page.dispatch_event("#composer", "drop", {"dataTransfer": dropped})
    expect(page.locator("#attached li")).to_have_count(3)
    page.get_by_role("button", name="Remove words.txt").click()
    page.get_by_label("Message").fill("What is it?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".chat .assistant")).to_contain_text("A picture.")
    content = pages.scene.asked["messages"][0]["content"]
    assert [part["type"] for part in content][:2] == ["text", "image_url"]
    assert "dropped here" in str(content[2:])
    assert "words" not in str(content[2:])
    # It went through the API's own files, and was named by its id.
    assert next(file["filename"] for file in pages.scene.server.get("/files").json["data"]) == "dropped.md"
    assert "[dropped.md]" in page.locator(".entry.user").inner_text()


def test_the_playground_stops_and_says_what_is_wrong(seen: Seen, pages: Pages) -> None:
    page = seen.go("/console/playground")
    pages.scene.play(text("one", "two").held(Gate(), at=2))
    page.get_by_label("Model", exact=True).fill("scripted/m")
    page.get_by_label("Message").fill("Begin.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#state")).to_contain_text("resp_")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#state")).to_have_text("stopped")
    page.get_by_label("Model", exact=True).fill("scripted/none")
    page.get_by_label("Message").fill("Again.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".entry.call.failed")).to_be_visible()
    # The browser itself complains of the status.
    seen.complaints = [said for said in seen.complaints if "Failed to load resource" not in said]


def test_an_answer_is_asked_for_again_and_of_another_model(seen: Seen, pages: Pages) -> None:
    kept = pages.answer("One way.", input="Say it.", instructions="Be kind.")
    page = seen.go(f"/console/responses/{kept}")
    pages.scene.play(text("Another way."))
    page.get_by_label("Model", exact=True).fill("scripted/other")
    page.get_by_role("button", name="Rerun").click()
    expect(page.locator(".diff .add")).to_contain_text("Another way.")
    page = seen.go(f"/console/playground?from={kept}")
    expect(page.get_by_label("Message")).to_have_value("Say it.")
    expect(page.get_by_label("Instructions")).to_have_value("Be kind.")


SCROLL = """async () => {
    const place = document.querySelector(".leaves");
    const end = Date.now() + 60000;
    let most = 0;
    while (document.querySelector("[data-further]") && Date.now() < end) {
        place.scrollTop = place.scrollHeight;
        await new Promise(requestAnimationFrame);
        most = Math.max(most, document.querySelectorAll("*").length);
    }
    return most;
}"""
NODES = 4_000
"""Of a page, whatever is behind it: the leaves near the screen, and what isn't items."""


def scrolled_through(seen: Seen, pages: Pages, count: int) -> None:
    items = [{"role": "user", "content": f"item number {number}."} for number in range(count)]
    kept = pages.answer("The end.", input=items)
    page = seen.go(f"/console/responses/{kept}")
    expect(page.get_by_text("item number 49.", exact=True)).to_be_attached()
    assert page.evaluate(SCROLL) < NODES
    last = page.locator(".leaf .assistant .text")
    expect(last).to_have_text("The end.")
    assert page.locator(".leaf").count() == count // 50 + 1
    # What is far above was let go, and comes back.
    expect(page.get_by_text("item number 0.", exact=True)).to_have_count(0)
    page.evaluate("document.querySelector('.leaves').scrollTop = 0")
    expect(page.get_by_text("item number 0.", exact=True)).to_be_visible()
    expect(last).to_have_count(0)


def test_a_long_response_comes_as_it_is_scrolled_through(seen: Seen, pages: Pages) -> None:
    scrolled_through(seen, pages, 400)


@pytest.mark.soak
def test_so_does_one_of_five_thousand_items(seen: Seen, pages: Pages) -> None:
    scrolled_through(seen, pages, 5_000)


def test_what_is_deleted_is_asked_for_first(seen: Seen, pages: Pages) -> None:
    kept = pages.answer()
    page = seen.go(f"/console/responses/{kept}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete").click()
    assert kept in page.url
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile(r"/console/responses$"))


def test_a_response_is_saved_as_a_cassette_replayed_and_a_miss_ruled(
    browser: Browser, seen: Seen, pages: Pages, tmp_path: Path
) -> None:
    kept = pages.answer("From the tape.", input="Say it.")
    page = seen.go(f"/console/responses/{kept}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as cassette").click()
    tape = tmp_path / "tape.jsonl"
    download.value.save_as(tape)
    asked = pages.get(f"/console/responses/{kept}/request.json").json()
    with (
        running_server("--cassette", str(tape), "--mode", "replay", complaints=".*") as server,
        a_page(browser, base_of(server)) as replayed,
    ):
        assert server.post(asked).text == "From the tape."
        assert server.post({**asked, "input": "Say something else."}).status != 200
        page = replayed.go("/console/cassettes")
        page.get_by_role("button", name="Write the rule").click()
        expect(page.get_by_role("status").first).to_contain_text("The rule is written")
        assert server.post({**asked, "input": "Say something else."}).text == "From the tape."
        replayed.quiet()


def test_nothing_hostile_runs_or_is_fetched(seen: Seen, pages: Pages) -> None:
    call = tool_call("f", '{"x": "</script><script>window.hit = 5</script>"}')
    pages.scene.play(reasoning(HOSTILE) + call)
    function = {"type": "function", "name": "f", "description": HOSTILE, "parameters": {"type": "object"}}
    first = pages.scene.stream(input=HOSTILE, instructions=HOSTILE, tools=[function]).response
    pages.scene.play(text(HOSTILE))
    output = {"type": "function_call_output", "call_id": first["output"][-1]["call_id"], "output": HOSTILE}
    second = pages.scene.stream(input=[output], previous_response_id=first["id"], metadata={"k": HOSTILE[:99]}).response
    paths = [f"responses/{first['id']}", f"responses/{second['id']}", f"playground?continue={second['id']}",
             f"playground?from={first['id']}", f"responses/{first['id']}/compare/{second['id']}", "responses", ""]  # fmt: skip
    for path in paths:
        page = seen.go(f"/console/{path}")
        page.wait_for_load_state("networkidle") if path.startswith("playground") else None
        assert page.evaluate("window.hit") is None, path
        assert page.locator("main iframe, main svg image, main script, main img").count() == 0, path
    assert seen.foreign == []
    page = seen.go("/console/playground")
    pages.scene.play(text(HOSTILE))
    page.get_by_label("Model", exact=True).fill("scripted/m")
    page.get_by_label("Message").fill(HOSTILE)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#state")).to_contain_text("completed")
    assert page.evaluate("window.hit") is None
