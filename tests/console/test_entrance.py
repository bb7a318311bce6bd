"""Where there are keys, pages are for those who have one, and show what is its project's."""

import time
from collections.abc import Iterator

import httpx2
import pytest
from console_scene import TOKEN, Pages, a_console
from made_keys import Operator
from running_server import Scene

from antiphon.console.entrance import needed, under
from antiphon.keys import ADMIN, READ, WRITE
from antiphon.testing import text

SCOPES = {
    "blue": "inference,read,write",
    "red": "inference,read,write",
    "looks": "read",
    "boss": "inference,read,write,admin",
}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, str, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("keyed")
    db = f"sqlite:///{folder}/kept.db"
    with a_console("--db", db) as (scene, base):
        keys, operator = dict[str, str](), Operator(db)
        for name, scopes in SCOPES.items():
            project = "blue" if name == "looks" else name
            keys[name] = operator.key(project, "--scopes", scopes)
        # The server looks for keys again within a second.
        end = time.monotonic() + 60
        while httpx2.get(f"{base}/v1/models").status_code != 401:
            assert time.monotonic() < end
            time.sleep(0.05)
        yield scene, base, keys


class Visitor(Pages):
    """A browser before a server with keys."""

    def enter(self, key: str, then: str = "/") -> httpx2.Response:
        found = TOKEN.search(self.get("/console/login").text)
        form = {"csrf": found[1] if found else "", "key": key, "next": then}
        return self.http.post(f"{self.base}/console/login", data=form)


@pytest.fixture
def visitor(keyed: tuple[Scene, str, dict[str, str]]) -> Iterator[Visitor]:
    with httpx2.Client(follow_redirects=True, timeout=20) as http:
        yield Visitor(keyed[0], keyed[1], http)


def ask(keyed: tuple[Scene, str, dict[str, str]], name: str, words: str) -> str:
    scene, _, keys = keyed
    scene.play(text("Yes."))
    headers = {"authorization": f"Bearer {keys[name]}"}
    return str(scene.answer(headers, input=words).response["id"])


def test_without_a_key_there_is_a_form_and_nothing_else(visitor: Visitor) -> None:
    for path in ("/", "/console/responses", "/console/responses/resp_1", "/console/cassettes"):
        page = visitor.get(path)
        assert page.url.path == "/console/login", path
        assert "<h1>Sign in</h1>" in page.text
    assert visitor.get("/console/responses/resp_1/events.json").status_code == 401
    assert visitor.post("/console/responses/resp_1/delete").status_code == 401
    assert visitor.get("/console/static/console.css").status_code == 200


def test_a_wrong_key_is_told(visitor: Visitor) -> None:
    page = visitor.enter("sk-ap-0-0")
    assert page.status_code == 401
    assert "no key of this server" in page.text


def test_each_sees_what_is_its_own(visitor: Visitor, keyed: tuple[Scene, str, dict[str, str]]) -> None:
    blue, red = ask(keyed, "blue", "Mine."), ask(keyed, "red", "Secret.")
    page = visitor.enter(keyed[2]["blue"], "/responses")
    assert page.url.path == "/console/responses"
    assert blue in page.text
    assert red not in page.text
    for more in ("", "/timeline", "/request.json", "/items", f"/compare/{blue}", "/output"):
        assert visitor.get(f"/console/responses/{red}{more}").status_code == 404, more
    assert visitor.get(f"/console/responses/{red}/events.json").json()["events"] == []
    assert visitor.post(f"/console/responses/{red}/delete").status_code == 404
    assert red not in visitor.get("/").text
    assert visitor.get(f"/console/responses/{blue}").status_code == 200


def test_scopes_count(visitor: Visitor, keyed: tuple[Scene, str, dict[str, str]]) -> None:
    blue = ask(keyed, "blue", "Mine.")
    visitor.enter(keyed[2]["looks"])
    assert visitor.get(f"/console/responses/{blue}").status_code == 200
    assert "Missing scopes: write" in visitor.post(f"/console/responses/{blue}/delete").text
    assert "Missing scopes: admin" in visitor.get("/console/cassettes").text


def test_signing_out_and_a_key_in_the_header(visitor: Visitor, keyed: tuple[Scene, str, dict[str, str]]) -> None:
    visitor.enter(keyed[2]["boss"])
    assert visitor.get("/console/cassettes").status_code == 200
    assert visitor.post("/console/logout").url.path == "/console/login"
    assert visitor.get("/").url.path == "/console/login"
    headers = {"authorization": f"Bearer {keyed[2]['blue']}"}
    assert "<h1>Overview</h1>" in visitor.http.get(visitor.base + "/", headers=headers).text


def test_what_needs_what() -> None:
    assert (needed("GET", "/responses"), needed("POST", "/responses/x/delete")) == (READ, WRITE)
    assert (needed("GET", "/cassettes/3"), needed("GET", "/cassettesx")) == (ADMIN, READ)
    assert under("/static/x", ("/static",))
    assert not under("/staticx", ("/static",))
