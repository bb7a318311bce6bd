"""Pictures by their address, before they are handed to the model's server."""

from contextlib import nullcontext
from typing import Any

import msgspec
import pytest

from antiphon.config import Config, Environment
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import read_request
from antiphon.errors import AddressRefused
from antiphon.network.reach import Reach
from antiphon.server.callers import OPEN
from antiphon.server.creating import Making, prepared
from antiphon.server.pictures import check_pictures
from antiphon.server.services import open_services


def asking(*urls: str) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": url, "detail": "low"}} for url in urls]
    text = {"type": "text", "text": "http://127.0.0.1/"}
    return {"messages": [{"role": "system", "content": "x"}, {"role": "assistant"}, {"content": [text, *parts]}]}


def test_pictures_of_the_public_internet_and_those_that_came_along() -> None:
    check_pictures(asking("https://example.com/a.png", "data:image/png;base64,AAAA", "DATA:image/png,x"), Reach())
    check_pictures({}, Reach())


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/a.png", "file:///etc/passwd", "http://127.1/", "/etc/passwd", ""]
)
def test_others_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check_pictures(asking("https://example.com/a.png", url), Reach())
    assert refused.value.param == "input"


def test_where_only_this_machine_asks_its_own_pictures_are_taken() -> None:
    check_pictures(asking("http://127.0.0.1:8000/a.png"), Reach(private=True))
    with pytest.raises(AddressRefused):
        check_pictures(asking("file:///etc/passwd"), Reach(private=True))


@pytest.mark.parametrize(("host", "refused"), [("192.0.2.1", True), ("127.0.0.1", False)])
async def test_every_request_is_looked_at(host: str, *, refused: bool) -> None:
    config = Config(host=host, upstream=["scripted=http://127.0.0.1:9/v1"], db="memory://")
    content = [{"type": "input_image", "image_url": "http://192.168.0.1/a.png", "detail": "auto"}]
    body = msgspec.json.encode({"model": "scripted/m", "input": [{"role": "user", "content": content}]})
    async with open_services(config, Environment(variables={})) as services:
        sources = services.sources_for("POST", "/v1/responses", body)
        asking = prepared(services, read_request(body, sources), Making(OPEN, sources, Notes()))
        with pytest.raises(AddressRefused) if refused else nullcontext():
            await asking
