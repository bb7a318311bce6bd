"""The overview: figures, plots, upstreams; alive."""

from console_scene import Pages


def test_it_says_how_the_server_does(pages: Pages) -> None:
    pages.answer()
    page = pages.get("/").text
    assert "Time to first token" in page
    assert page.count('<svg class="plot"') == 3
    assert '<span class="state completed">up</span>' in page


def test_a_failure_is_listed(pages: Pages) -> None:
    assert pages.scene.stream().status == 500
    page = pages.get("/").text
    assert "nothing is scripted" in page
    assert 'class="alarm"' in page


def test_it_is_alive(pages: Pages) -> None:
    with pages.http.stream("GET", f"{pages.base}/console/pulse") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "event: part"
        assert "Open now" in next(lines)
