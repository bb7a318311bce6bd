import msgspec

from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.wire.mcp import McpTool

URL = "https://ann:p%40ss-word@example.com/mcp?api_key=query-secret&page=twenty-seven#top"


def endpoint(url: str = URL, **fields: object) -> Endpoint:
    return Endpoint.of(msgspec.convert({"type": "mcp", "server_label": "shop", **fields}, McpTool), url)


def test_the_token_becomes_a_header() -> None:
    assert endpoint("https://e.com/", authorization="tok").headers == {"authorization": "Bearer tok"}


def test_user_and_password_become_a_header_and_leave_the_address() -> None:
    made = endpoint()
    assert made.headers == {"authorization": "Basic YW5uOnBAc3Mtd29yZA=="}
    assert made.url == "https://example.com/mcp?api_key=query-secret&page=twenty-seven"


def test_a_token_or_a_header_goes_before_user_and_password() -> None:
    assert endpoint(authorization="tok").headers["authorization"] == "Bearer tok"
    assert endpoint(headers={"Authorization": "mine"}).headers == {"authorization": "mine"}


def test_neither_its_repr_nor_its_address_tells_a_secret() -> None:
    made = endpoint(authorization="tok-12345678", headers={"X-Key": "key-12345678"})
    assert repr(made) == "Endpoint(label='shop')"
    assert made.shown == "https://example.com/mcp"


def test_the_digest_tells_servers_and_credentials_apart() -> None:
    one, two = {"A": "1", "b": "2"}, {"B": "2", "a": "1"}
    assert endpoint(headers=one).digest == endpoint(headers=two).digest
    others = [endpoint(headers=one), endpoint(), endpoint("https://example.com/"), endpoint(authorization="tok")]
    assert len({other.digest for other in others}) == 4


def test_credentials_are_blanked_in_text_and_json() -> None:
    made = endpoint(authorization="tok-12345678", headers={"X-Api-Key": "key-12345678", "X-Mode": "production"})
    assert made.blanked("it was tok-12345678") == "it was [redacted]"
    assert made.blanked("ann and p@ss-word") == "ann and [redacted]"
    said = {"production": ["key-12345678 and query-secret", {"n": 1}, None], "page": "twenty-seven"}
    assert made.blanked(said) == {
        "production": ["[redacted] and [redacted]", {"n": 1}, None],
        "page": "twenty-seven",
    }


def test_short_credentials_are_words_and_stay() -> None:
    assert endpoint("https://e.com/", authorization="ollama").blanked("ask ollama") == "ask ollama"
