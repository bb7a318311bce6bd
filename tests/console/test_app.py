"""The console's files and what it says when something is wrong."""

import pytest
from console_scene import Pages


def test_its_files_are_in_the_package(pages: Pages) -> None:
    for name in ("console.css", "console.js", "api.js", "scrub.js", "mark.svg"):
        assert pages.get(f"/console/static/{name}").status_code == 200


@pytest.mark.parametrize("path", ["/console/nothing", "/console/static/nothing", "/console/static/../app.py"])
def test_no_such_page(pages: Pages, path: str) -> None:
    told = pages.get(path)
    assert told.status_code == 404
    assert "<h1>Not found</h1>" in told.text


def test_an_error_says_what_happened(pages: Pages) -> None:
    told = pages.get("/console/responses/resp_none")
    assert told.status_code == 404
    assert "is unknown or was deleted" in told.text
    assert pages.get("/console/responses?before=x").status_code == 400


def test_the_first_page_is_small(pages: Pages) -> None:
    sizes = [
        len(pages.get(path).content) for path in ("/", "/console/static/console.css", "/console/static/console.js")
    ]
    assert sum(sizes) < 100_000
