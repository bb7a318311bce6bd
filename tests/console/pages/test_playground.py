"""The playground's page: what it knows of the server, and a request as code."""

from console_scene import TOKEN, Pages

from antiphon.console.pages.playground import _shortened


def ask(pages: Pages, body: str) -> str:
    found = TOKEN.search(pages.get("/console/playground").text)
    headers = {"content-type": "application/json", "x-csrf-token": found[1] if found else "", "origin": pages.base}
    return pages.http.post(pages.base + "/console/playground/code", content=body, headers=headers).text


def test_it_offers_the_models_there_are(pages: Pages) -> None:
    page = pages.get("/console/playground").text
    assert '<option value="scripted/m">' in page
    assert "Search the web" not in page


def test_it_goes_on_from_a_response(pages: Pages) -> None:
    kept = pages.answer("So far.")
    page = pages.get(f"/console/playground?continue={kept}").text
    assert "So far." in page
    assert f'data-continue="{kept}"' in page
    assert pages.get("/console/playground?continue=resp_none").status_code == 404


def test_a_request_as_code_is_asked_for_by_our_own_page_only(pages: Pages) -> None:
    told = ask(pages, '{"model": "m", "input": "<b>"}')
    assert "client.responses.create" in told
    assert "&lt;b&gt;" in told
    assert "isn&#39;t a JSON object" in ask(pages, "[")
    assert pages.http.post(f"{pages.base}/console/playground/code", json={}).status_code == 403


def test_what_is_encoded_is_cut_short() -> None:
    long = "data:image/png;base64," + "A" * 100
    assert _shortened({"a": [long, "short", 1]}) == {"a": [long[:48] + "…", "short", 1]}
