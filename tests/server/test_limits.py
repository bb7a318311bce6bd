"""Reading the body of a request: what it may cost."""

from collections.abc import Iterable
from typing import Any

import pytest

from antiphon.errors import InvalidRequest, TooLarge, UnsupportedMedia
from antiphon.server.limits import MAX_DEPTH, ClientLeft, read_json_body


class Body:
    """A body that comes in parts; None is a client that leaves. `read` counts the parts taken."""

    def __init__(self, parts: Iterable[bytes | None]) -> None:
        self._parts = list(parts)
        self.read = 0

    async def __call__(self) -> dict[str, Any]:
        part = self._parts[self.read]
        self.read += 1
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": self.read < len(self._parts)}


def scope(**headers: str) -> dict[str, Any]:
    said = {"content_type": "application/json", **headers}
    return {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in said.items() if value]}


async def test_a_body_in_parts() -> None:
    assert await read_json_body(scope(), Body([b'{"a"', b": 1}"]), 100) == b'{"a": 1}'


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    body = Body([b"x" * 100])
    with pytest.raises(TooLarge):
        await read_json_body(scope(content_length="101"), body, 100)
    assert body.read == 0


async def test_an_untold_length_is_read_to_the_limit_only() -> None:
    body = Body([b" " * 60] * 10)
    with pytest.raises(TooLarge):
        await read_json_body(scope(), body, 100)
    assert body.read == 2


@pytest.mark.parametrize("size", [99, 100])
async def test_up_to_the_limit_it_is_taken(size: int) -> None:
    assert len(await read_json_body(scope(content_length=str(size)), Body([b"1" * size]), 100)) == size


@pytest.mark.parametrize("media", ["", "text/plain", "application/jsonx"])
async def test_what_is_not_declared_as_json(media: str) -> None:
    with pytest.raises(UnsupportedMedia):
        await read_json_body(scope(content_type=media), Body([b"{}"]), 100)


async def test_an_empty_body() -> None:
    with pytest.raises(InvalidRequest, match="The body is empty"):
        await read_json_body(scope(), Body([b""]), 100)
    assert await read_json_body(scope(content_type=""), Body([b""]), 100, required=False) == b"{}"
    with pytest.raises(UnsupportedMedia):
        await read_json_body(scope(content_type=""), Body([b"{}"]), 100, required=False)


async def test_depth() -> None:
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert await read_json_body(scope(), Body([deep]), 1000) == deep
    with pytest.raises(InvalidRequest, match="nested too deeply"):
        await read_json_body(scope(), Body([b"[" + deep + b"]"]), 1000)


async def test_a_client_that_leaves() -> None:
    with pytest.raises(ClientLeft):
        await read_json_body(scope(), Body([b'{"a"', None]), 100)
