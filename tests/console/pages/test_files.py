"""Files and vector stores: what was uploaded, passages, and a search with its three scores."""

import time

from console_scene import Pages, Seen, a_page
from playwright.sync_api import Browser, expect

from antiphon.testing import text

WORDS = b"# Bees\n\nBees make honey in a hive.\n\n# Ships\n\nA ship is sailed by its crew.\n"


def filled(pages: Pages) -> tuple[str, str]:
    """A store with a file that was read; their ids."""
    client = pages.scene.server.client
    file = client.files.create(file=("bees <b>.md", WORDS), purpose="assistants")
    store = client.vector_stores.create(name="Animals", file_ids=[file.id])
    end = time.monotonic() + 60
    while client.vector_stores.retrieve(store.id).file_counts.in_progress:
        assert time.monotonic() < end
        time.sleep(0.05)
    return store.id, file.id


def test_files_stores_passages_and_a_search(pages: Pages) -> None:
    store, file = filled(pages)
    page = pages.get("/console/files").text
    assert "bees &lt;b&gt;.md" in page
    assert f'"/console/vector_stores/{store}">Animals' in page
    page = pages.get(f"/console/vector_stores/{store}").text
    assert '<span class="state completed">completed</span>' in page
    found = pages.get(f"/console/vector_stores/{store}?query=honey").text
    assert "Bees make honey" in found
    assert "<b>" in found
    assert "Bees make honey" in pages.get(f"/console/vector_stores/{store}/files/{file}").text
    assert pages.get("/console/vector_stores/vs_none").status_code == 404
    saved = pages.get(f"/console/v1/files/{file}/content")
    assert saved.content == WORDS
    assert saved.headers["content-disposition"] == "attachment"
    assert saved.headers["content-type"] == "application/octet-stream"


def test_a_file_goes_its_whole_way_in_a_browser(browser: Browser, pages: Pages) -> None:
    with a_page(browser, pages.base) as seen:
        page = seen.go("/console/files")
        page.locator("input[type=file]").set_input_files(
            {"name": "ships.txt", "mimeType": "text/plain", "buffer": WORDS}
        )
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("link", name="ships.txt")).to_be_visible()
        page.get_by_label("Name").fill("Sea")
        page.get_by_role("button", name="Make a store").click()
        page.wait_for_url("**/console/vector_stores/vs_*")
        page.get_by_label("File", exact=True).select_option(label="ships.txt")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#reading .state.completed")).to_be_visible()
        page.get_by_label("Search for").fill("sailed by a crew")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".hits tbody tr").first).to_contain_text("crew")
        seen.quiet()


def test_the_playground_searches_in_a_store(browser: Browser, pages: Pages) -> None:
    store, _ = filled(pages)
    with a_page(browser, pages.base) as seen:
        ask_with(seen, pages, store)
        seen.quiet()


def ask_with(seen: Seen, pages: Pages, store: str) -> None:
    """Ask in the playground with a store to search in."""
    page = seen.go("/console/playground")
    pages.scene.play(text("Nothing to look up."))
    page.get_by_label("Model", exact=True).fill("scripted/m")
    page.get_by_label("Search in vector stores").fill(store)
    page.get_by_label("Message").fill("What do bees make?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".chat .assistant")).to_contain_text("Nothing to look up.")
    assert [tool["function"]["name"] for tool in pages.scene.asked["tools"]] == ["file_search"]
