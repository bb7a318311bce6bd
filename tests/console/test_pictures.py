"""Pictures of every page, light, dark and narrow, for `docs/console.md`: `make pictures` writes them anew."""

import io
import os
from pathlib import Path

import pytest
from console_gallery import LOOKS, a_gallery
from console_scene import a_page
from PIL import Image
from playwright.sync_api import Browser, Page

TALLEST = {1280: 1100, 360: 900}
"""Pixels of a page that a picture shows, by its width."""


def timeline(page: Page, path: Path) -> None:
    """The timeline alone, for the first page of the docs, as large as on a good screen."""
    page.evaluate("document.documentElement.style.zoom = 1.5")
    image = Image.open(io.BytesIO(page.locator("section:has(.timeline)").screenshot(animations="disabled")))
    image.quantize(64).save(path, optimize=True)
    page.evaluate("document.documentElement.style.zoom = 1")


@pytest.mark.soak
def test_every_page_has_its_pictures(browser: Browser, tmp_path: Path) -> None:
    place = Path(os.environ.get("ANTIPHON_PICTURES") or tmp_path / "pictures")
    place.mkdir(parents=True, exist_ok=True)
    (folder := tmp_path / "server").mkdir()
    with a_gallery(folder) as gallery:
        for look, options in LOOKS.items():
            with a_page(browser, "", **options) as seen:
                for name in gallery.pages:
                    page = gallery.open(seen.page, name)
                    # What is far below isn't laid out before it is near.
                    wide = options["viewport"]["width"]
                    tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST[wide])
                    page.set_viewport_size({"width": wide, "height": tall})
                    page.wait_for_load_state("load")
                    for place_of in ("[data-scrub] input", "[data-grows] .plane > g > g"):
                        if page.locator(place_of.split()[0]).count():
                            page.locator(place_of).first.wait_for(state="attached")
                    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
                    image.save(place / f"{name}-{look}.webp", quality=50, method=6)
                    page.set_viewport_size(options["viewport"])
                    if (name, look) == ("response-agent", "light"):
                        timeline(page, place.parent / "timeline.png")
    assert len(list(place.glob("*.webp"))) == len(gallery.pages) * len(LOOKS)
