"""What all pages share."""

from console_scene import Pages

from antiphon.console.desk import MENU


def test_every_page_has_landmarks_and_says_where_one_is(pages: Pages) -> None:
    page = pages.get("/console/responses").text
    assert all(f">{name}</a>" in page for _, name in MENU)
    assert 'aria-current="page">Responses</a>' in page
    assert page.count("<main") == page.count('<nav aria-label="Pages">') == page.count("<h1>") == 1
    assert 'href="#main"' in page


def test_the_api_is_named_as_the_browser_reaches_it(pages: Pages) -> None:
    kept = pages.answer()
    assert f"curl {pages.base}/v1/responses" in pages.get(f"/console/responses/{kept}").text
