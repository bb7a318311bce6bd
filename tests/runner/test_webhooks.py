"""What webhooks say and how they are signed, as the official client verifies it."""

import base64
import time
from typing import Any

import openai
import pytest

from antiphon.errors import ConfigFault
from antiphon.runner.webhooks import WebhookSettings, make_endpoints, messages, request_of
from antiphon.sources import seeded

SECRET = "whsec_" + base64.b64encode(b"a key of some length").decode()
SOURCES = seeded("s", 1_700_000_000)


def settings(**more: Any) -> dict[str, WebhookSettings]:
    return {"shop": WebhookSettings(url="https://shop.example/hook", secret_env="S", **more)}


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "incomplete"])
@pytest.mark.parametrize("secrets", [SECRET, "plain words", f"whsec_bmV3ZXI= {SECRET}"])
def test_the_official_client_takes_it(status: str, secrets: str) -> None:
    endpoints = make_endpoints(settings(), lambda *_: secrets if secrets != "plain words" else "plain_words")
    [message] = messages(endpoints, "default", ("resp_1", status), SOURCES)
    request = request_of(endpoints["shop"], message, int(time.time()))
    secret = "plain_words" if secrets == "plain words" else SECRET
    with openai.OpenAI(api_key="none", webhook_secret=secret) as client:
        event: Any = client.webhooks.unwrap(request.body, request.headers)
        assert (event.type, event.data.id, event.object) == (f"response.{status}", "resp_1", "event")
        assert event.id == request.headers["webhook-id"] == message.id
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(request.body.replace(b"resp_1", b"resp_2"), request.headers)


@pytest.mark.parametrize(
    ("said", "project", "status", "told"),
    [
        ({}, "p", "completed", 1),
        ({"events": ["response.failed"]}, "p", "completed", 0),
        ({"events": ["response.failed"]}, "p", "failed", 1),
        ({"projects": ["p"]}, "p", "completed", 1),
        ({"projects": ["q"]}, "p", "completed", 0),
    ],
)
def test_who_is_told(said: dict[str, Any], project: str, status: str, told: int) -> None:
    endpoints = make_endpoints(settings(**said), lambda *_: SECRET)
    assert len(messages(endpoints, project, ("resp_1", status), SOURCES)) == told


def test_each_endpoint_has_a_message_of_its_own() -> None:
    two = settings() | {"mill": WebhookSettings(url="http://mill.example", secret_env="M")}
    made = messages(make_endpoints(two, lambda *_: SECRET), "p", ("resp_1", "completed"), SOURCES)
    assert [one.endpoint for one in made] == ["shop", "mill"]
    assert len({one.id for one in made}) == 2


@pytest.mark.parametrize(
    ("url", "secret", "said"),
    [
        ("shop.example/hook", SECRET, "http:// or https://"),
        ("ftp://shop.example", SECRET, "http:// or https://"),
        ("https://shop.example", "whsec_!!", "isn't base64"),
    ],
)
def test_settings_that_cannot_work(url: str, secret: str, said: str) -> None:
    with pytest.raises(ConfigFault, match=said):
        make_endpoints({"shop": WebhookSettings(url=url, secret_env="S")}, lambda *_: secret)


def test_nothing_of_it_is_shown() -> None:
    [endpoint] = make_endpoints(settings(), lambda *_: SECRET).values()
    assert "shop.example" not in repr(endpoint)
    assert "a key" not in repr(endpoint)
