"""The door for addresses that clients name: checked as written, after the name was resolved, and at each redirect."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from cassettes.tapes import ScriptedAnswer, ScriptedNetwork

from antiphon.errors import (
    AddressRefused,
    AntiphonError,
    FetchFailed,
    UpstreamCut,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from antiphon.network import Network
from antiphon.network.outward import Bounds, Outward, shown
from antiphon.network.reach import Reach
from antiphon.transport import HttpRequest, Timeouts

URL = "https://files.example.com/a.txt"
PUBLIC = "203.0.114.1"
TEXT = {"content-type": "Text/Plain; charset=utf-8"}


def answer(*chunks: bytes, status: int = 200, headers: Mapping[str, str] = TEXT) -> ScriptedAnswer:
    return ScriptedAnswer(chunks, status, headers)


def leading_to(location: str, status: int = 302) -> ScriptedAnswer:
    return answer(status=status, headers={"location": location})


def outward(network: ScriptedNetwork, *, private: bool = False) -> Outward:
    return Outward(network, lambda: Reach(private))


async def test_what_is_at_an_address() -> None:
    network = ScriptedNetwork(answer(b"He", b"llo"))
    fetched = await outward(network).fetch(URL, "files", scope="s", accept="text/*")
    assert (fetched.url, fetched.media, fetched.body) == (URL, "text/plain", b"Hello")
    headers = {"accept": "text/*", "user-agent": "antiphon"}
    assert network.asked == [HttpRequest("GET", URL, "files", headers, scope="s", public=True)]


async def test_where_private_addresses_are_allowed_nothing_is_marked() -> None:
    network = ScriptedNetwork(answer(b"x"), answer(b"y"))
    door = outward(network, private=True)
    await door.fetch("http://10.0.0.1:8000/", "files")
    await (await door.send(HttpRequest("POST", "http://127.0.0.1:1/", "hooks"))).close()
    assert [request.public for request in network.asked] == [False, False]
    await door.close()
    assert not network.closed


async def test_leave_is_asked_for_each_time() -> None:
    reach = [Reach(private=True), Reach()]
    door = Outward(ScriptedNetwork(answer(b"x")), lambda: reach[0])
    await door.fetch("http://10.0.0.1/", "files")
    reach.pop(0)
    with pytest.raises(AddressRefused):
        await door.fetch("http://10.0.0.1/", "files")


async def test_an_address_that_may_not_be_called_is_refused_before_anything_is_sent() -> None:
    network = ScriptedNetwork()
    with pytest.raises(AddressRefused):
        outward(network).check("http://127.0.0.1/")
    with pytest.raises(AddressRefused):
        await outward(network).send(HttpRequest("POST", "http://127.0.0.1/", "hooks"))
    assert network.asked == []


async def test_redirects_are_followed_by_whatever_way_they_are_written() -> None:
    steps = ["/b", "https://other.example.com/c?x=1", "//third.example.com/d", "e"]
    network = ScriptedNetwork(*map(leading_to, steps), answer(b"there"))
    assert (await outward(network).fetch(URL, "files")).body == b"there"
    assert [request.url for request in network.asked] == [
        URL, "https://files.example.com/b", "https://other.example.com/c?x=1", "https://third.example.com/d",
        "https://third.example.com/e",
    ]  # fmt: skip
    assert all(request.public for request in network.asked)


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data", "http://localhost/", "http://127.1/", "//[::1]/", "file:///etc/passwd",
        "gopher://example.com/", "http://example.com:6379/", "http://user:pw@example.com/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_leads_where_an_address_may_not(location: str, status: int) -> None:
    network = ScriptedNetwork(leading_to(location, status))
    with pytest.raises(AddressRefused):
        await outward(network).fetch(URL, "files")
    assert len(network.asked) == 1


async def test_redirects_in_a_circle_end() -> None:
    answers = [leading_to(URL) for _ in range(4)]
    with pytest.raises(FetchFailed, match="more than 3 redirects"):
        await outward(ScriptedNetwork(*answers)).fetch(URL, "files", bounds=Bounds(redirects=3))
    assert all(each.closed for each in answers)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: answer(b"no", status=404), "status 404"),
        (lambda: answer(status=302, headers={}), "status 302"),
        (lambda: leading_to("http://[::1"), "isn't an address"),
        (lambda: answer(b"x", headers={"content-encoding": "gzip"}), "compressed"),
        (lambda: answer(b"x", headers={"content-length": str(2**40)}), "more than 1 MiB"),
        (lambda: answer(b"x" * 2**19, b"x" * 2**19, b"x"), "more than 1 MiB"),
        (lambda: ScriptedAnswer([UpstreamCut("cut")]), "broke its answer off"),
        (lambda: UpstreamUnavailable("down"), "can't be reached"),
        (lambda: UpstreamTimeout("slow"), "took longer"),
    ],
)
async def test_what_cannot_be_had_is_said_and_let_go(make: Callable[[], ScriptedAnswer | Exception], why: str) -> None:
    given = make()
    with pytest.raises(FetchFailed, match=why) as failed:
        await outward(ScriptedNetwork(given)).fetch(URL + "?token=secret", "files", bounds=Bounds(most_bytes=2**20))
    assert "secret" not in failed.value.message
    assert isinstance(given, Exception) or given.closed


async def test_an_answer_without_an_end_is_left_in_time() -> None:
    endless = ScriptedAnswer([b"x", asyncio.Event()])
    with pytest.raises(FetchFailed, match="took longer"):
        await outward(ScriptedNetwork(endless)).fetch(URL, "files", bounds=Bounds(seconds=0.01))
    assert endless.closed


def test_an_address_is_shown_without_its_secrets() -> None:
    assert shown("https://ann:pw@example.com/a?b=c#d") == "'https://example.com/a'"


# A name that its owner lets point somewhere else, a moment after it was checked. The sockets are real.


@dataclass
class Rebinding:
    """A resolver of a hostile owner: it says something else each time, and counts."""

    answers: Sequence[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> list[str]:
        del port
        self.asked.append(host)
        return list(self.answers[min(len(self.asked), len(self.answers)) - 1])


@dataclass
class Inside:
    """A server of the own network; `port` is where it listens, `visits` counts the requests that it saw."""

    port: int
    visits: int = 0


@asynccontextmanager
async def inside() -> AsyncIterator[Inside]:
    talks: list[asyncio.Task[None]] = []

    async def secret(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                seen.visits += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(secret(reader, writer)))

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    seen = Inside(server.sockets[0].getsockname()[1])
    async with server:
        yield seen
    # Its clients have left.
    await asyncio.gather(*talks)


@asynccontextmanager
async def rebound(resolver: Rebinding) -> AsyncIterator[Network]:
    network = Network(Timeouts(connect=0.2), resolve=resolver)
    try:
        yield network
    finally:
        await network.close()


@pytest.mark.parametrize(
    "answers",
    [
        [[PUBLIC], ["127.0.0.1"]], [["127.0.0.1"]], [[PUBLIC, "127.0.0.1"]], [["::ffff:127.0.0.1"]],
        [[PUBLIC], [PUBLIC], ["127.0.0.1"], [PUBLIC, "127.0.0.1"]],
    ],
)  # fmt: skip
async def test_a_name_that_is_bound_anew_never_leads_inside(answers: Sequence[Sequence[str]]) -> None:
    resolver = Rebinding(answers)
    async with inside() as server, rebound(resolver) as network:
        door = Outward(network, lambda: Reach(ports=frozenset({server.port})))
        for number in range(1, 5):
            with pytest.raises(AntiphonError):
                await door.fetch(f"http://rebind.example.com:{server.port}/", "files")
            # What was checked is what was dialled: it is asked once for each connection.
            assert len(resolver.asked) == number
        assert server.visits == 0


async def test_a_connection_made_for_the_operator_isnt_lent_to_a_client() -> None:
    resolver = Rebinding([["127.0.0.1"]])
    async with inside() as server, rebound(resolver) as network:
        url = f"http://inside.example.com:{server.port}/"
        assert (await Outward(network, lambda: Reach(private=True)).fetch(url, "files")).body == b"secret"
        with pytest.raises(AddressRefused):
            await (await network.send(HttpRequest("GET", url, "files", public=True))).close()
        assert server.visits == 1
        # The operator's own is kept, and used again.
        await (await network.send(HttpRequest("GET", url, "files"))).close()
        assert (server.visits, len(resolver.asked)) == (2, 2)
