"""The network, with real sockets: each way in which a server on loopback can let us down."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trustme
from msgspec.structs import replace

from antiphon.errors import UpstreamCut, UpstreamGarbage, UpstreamTimeout, UpstreamUnavailable
from antiphon.network import Network
from antiphon.transport import HttpRequest, Timeouts

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """The next request on this connection, head and body; empty when the client is gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


@contextlib.asynccontextmanager
async def serving(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpRequest]:
    """A server that plays `script` once per connection; yields a request to it."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0, ssl=tls)
    place = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield HttpRequest("POST", f"{place}/v1/chat/completions?api-key=sk-secret", "tiny", {"x-a": "b"}, b'{"a":1}')


@contextlib.asynccontextmanager
async def network(
    *, connect: float = 5, first_byte: float = 5, idle: float = 5, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Network]:
    transport = Network(Timeouts(connect, first_byte, idle), tls)
    try:
        yield transport
    finally:
        await transport.close()


def answering(*writes: bytes) -> Script:
    """One answer to one request, in these writes, then the connection closes."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        for data in writes:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0.01)

    return script


async def test_an_answer_arrives_as_it_is_sent() -> None:
    seen: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(CHUNKED + b"3\r\none\r\n")
        await told.wait()
        writer.write(b"3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n")
        await writer.drain()

    told = asyncio.Event()
    async with serving(script) as request, network() as transport:
        answer = await transport.send(request)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
        body = answer.chunks()
        assert await anext(body) == b"one"
        told.set()
        assert await anext(body) == b"twothree"
        assert [chunk async for chunk in body] == []
        await answer.close()
        await answer.close()
    head = seen[0].lower()
    assert head.endswith(b'{"a":1}')
    assert b"x-a: b\r\n" in head
    assert b"accept-encoding: identity\r\n" in head
    assert b"cookie" not in head


async def test_connections_are_kept_and_cookies_and_redirects_are_not_followed() -> None:
    connections: list[list[bytes]] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        connections.append(requests)
        while seen := await request_of(reader):
            requests.append(seen)
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nno")

    async with serving(script) as request, network() as transport:
        for _ in range(3):
            answer = await transport.send(request)
            assert answer.status == 302
            assert b"".join([chunk async for chunk in answer.chunks()]) == b"no"
            await answer.close()
    assert len(connections) == 1
    assert len(connections[0]) == 3
    assert b"cookie" not in connections[0][-1].lower()


async def test_nothing_listens() -> None:
    async with serving(answering()) as request:
        pass
    async with network() as transport:
        with pytest.raises(UpstreamUnavailable) as caught:
            await transport.send(request)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert "'tiny'" in caught.value.message
    assert "Connection refused" in caught.value.message
    assert "--upstream tiny=URL" in caught.value.message
    assert "secret" not in caught.value.message


async def test_an_unknown_host() -> None:
    async with network() as transport:
        with pytest.raises(UpstreamUnavailable, match=r"can't be reached: \w"):
            await transport.send(HttpRequest("GET", "http://nowhere.invalid/v1", "tiny"))


async def test_no_connection_in_time() -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(mute) as request, network(connect=0.05) as transport:
        secure = HttpRequest("GET", request.url.replace("http:", "https:"), "tiny")
        with pytest.raises(UpstreamUnavailable, match=r"no connection within 0\.05 s"):
            await transport.send(secure)


async def test_no_tls_where_it_was_asked_for() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(plain) as request, network() as transport:
        secure = HttpRequest("GET", request.url.replace("http:", "https:"), "tiny")
        with pytest.raises(UpstreamUnavailable, match="or give an http:// address"):
            await transport.send(secure)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 2"])
async def test_gone_before_the_status_line(sent: bytes) -> None:
    async with serving(answering(sent)) as request, network() as transport:
        with pytest.raises(UpstreamUnavailable, match="before it answered"):
            await transport.send(request)


async def test_not_http() -> None:
    async with serving(answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")) as request, network() as transport:
        with pytest.raises(UpstreamGarbage, match="doesn't answer in HTTP"):
            await transport.send(request)


async def test_no_status_line_in_time() -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await request_of(reader)
        await reader.read()

    async with serving(mute) as request, network(first_byte=0.05) as transport:
        with pytest.raises(UpstreamTimeout, match=r"no answer within 0\.05 s"):
            await transport.send(request)


@pytest.mark.parametrize(
    "framing", [b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n", b"Content-Length: 100\r\n\r\none"]
)
@pytest.mark.parametrize("politely", [True, False])
async def test_cut_in_the_middle(framing: bytes, politely: bool) -> None:  # noqa: FBT001 - a parameter of the table
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(OK + framing)
        await told.wait()
        if not politely:
            writer.transport.abort()

    told = asyncio.Event()
    async with serving(script) as request, network() as transport:
        answer = await transport.send(request)
        body = answer.chunks()
        assert await anext(body) == b"one"
        told.set()
        with pytest.raises(UpstreamCut, match="'tiny'"):
            await anext(body)


async def test_what_came_before_the_cut_is_read_before_it() -> None:
    async with serving(answering(CHUNKED + b"3\r\none\r\n3\r\ntwo\r\n")) as request, network() as transport:
        answer = await transport.send(request)
        await asyncio.sleep(0.1)
        body, came = answer.chunks(), b""
        while came != b"onetwo":
            came += await anext(body)
        with pytest.raises(UpstreamCut, match="'tiny'"):
            await anext(body)


async def test_a_body_without_framing_ends_with_its_connection() -> None:
    async with serving(answering(OK + b"\r\n", b"one", b"two")) as request, network() as transport:
        answer = await transport.send(request)
        assert b"".join([chunk async for chunk in answer.chunks()]) == b"onetwo"


async def test_silence_in_the_middle() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(CHUNKED + b"3\r\none\r\n")
        dropped.set_result(await reader.read())

    dropped = asyncio.get_running_loop().create_future()
    async with serving(script) as request, network(idle=0.05) as transport:
        answer = await transport.send(request)
        body = answer.chunks()
        assert await anext(body) == b"one"
        with pytest.raises(UpstreamTimeout, match=r"nothing for 0\.05 s"):
            await anext(body)
        assert await dropped == b""


async def test_a_slow_reader_is_not_a_silent_upstream() -> None:
    async with serving(answering(CHUNKED + b"3\r\none\r\n", b"0\r\n\r\n")) as request, network(idle=0.05) as transport:
        answer = await transport.send(request)
        body = answer.chunks()
        assert await anext(body) == b"one"
        await asyncio.sleep(0.2)
        assert [chunk async for chunk in body] == []


async def test_a_slow_reader_slows_the_upstream() -> None:
    sent = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        writer.write(CHUNKED)
        for _ in range(1000):
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()
            sent += 0x10000

    async with serving(script) as request, network() as transport:
        answer = await transport.send(request)
        await anext(answer.chunks())
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.2)
        assert sent < 30_000_000
        await answer.close()


async def test_closing_early_drops_the_connection() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(CHUNKED + b"3\r\none\r\n")
        dropped.set_result(await reader.read())

    dropped = asyncio.get_running_loop().create_future()
    async with serving(script) as request, network() as transport:
        answer = await transport.send(request)
        assert await anext(answer.chunks()) == b"one"
        await answer.close()
        assert await dropped == b""


async def test_leaving_before_the_status_line_drops_the_connection() -> None:
    async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await request_of(reader)
        asked.set()
        dropped.set_result(await reader.read())

    asked = asyncio.Event()
    dropped = asyncio.get_running_loop().create_future()
    async with serving(script) as request, network() as transport:
        sending = asyncio.create_task(transport.send(request))
        await asked.wait()
        sending.cancel()
        assert await dropped == b""
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_a_kept_connection_that_the_server_closed_is_tried_once_more() -> None:
    asked: list[int] = []
    opened = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        number = opened
        for _ in range(2):
            if not await request_of(reader):
                return
            asked.append(number)
            if asked == [1, 1]:
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with serving(script) as request, network() as transport:
        for _ in range(2):
            answer = await transport.send(request)
            assert [chunk async for chunk in answer.chunks()] == [b"ok"]
            await answer.close()
    assert asked == [1, 1, 2]


async def test_a_fresh_connection_is_not_tried_again() -> None:
    asked = 0

    async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += bool(await request_of(reader))

    async with serving(script) as request, network() as transport:
        with pytest.raises(UpstreamUnavailable):
            await transport.send(request)
    assert asked == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_side(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_over_tls_a_connection_is_kept_as_well(authority: trustme.CA) -> None:
    opened = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        while await request_of(reader):
            writer.write(CHUNKED + b"3\r\none\r\n")
            await writer.drain()
            writer.write(b"20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n")

    async with serving(script, server_side(authority)) as request, network(tls=client_side(authority)) as transport:
        for _ in range(2):
            answer = await transport.send(request)
            assert b"".join([chunk async for chunk in answer.chunks()]) == b"one" + b"x" * 0x20000
    assert opened == 1


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_server_that_cannot_be_trusted(authority: trustme.CA, trusted: bool) -> None:  # noqa: FBT001 - a row
    """Trusted but for another name, or of an authority nobody knows."""
    tls = server_side(authority, "other.test")
    known = client_side(authority) if trusted else None
    async with serving(answering(), tls) as request, network(tls=known) as transport:
        with pytest.raises(UpstreamUnavailable, match=r"can't be trusted: .*Check its certificate"):
            await transport.send(request)


async def test_a_cut_over_tls(authority: trustme.CA) -> None:
    script = answering(CHUNKED + b"3\r\none\r\n")
    async with serving(script, server_side(authority)) as request, network(tls=client_side(authority)) as transport:
        body = (await transport.send(request)).chunks()
        assert await anext(body) == b"one"
        with pytest.raises(UpstreamCut):
            await anext(body)


async def test_a_name_of_several_addresses_is_tried_one_by_one() -> None:
    """`localhost` may be ::1 first, where this server isn't."""
    async with serving(answering(OK + b"Content-Length: 2\r\n\r\nok")) as request, network() as transport:
        answer = await transport.send(replace(request, url=request.url.replace("127.0.0.1", "localhost")))
        assert [chunk async for chunk in answer.chunks()] == [b"ok"]


async def test_a_bare_answer_leaves_nothing_behind() -> None:
    script = answering(OK + b"Content-Length: 100\r\n\r\n")
    async with serving(script) as request, network() as transport:
        answer = await transport.send(replace(request, method="HEAD", body=b""))
        assert (answer.status, answer.headers["content-length"]) == (200, "100")
        assert [chunk async for chunk in answer.chunks()] == []


async def test_connections_under_way_end_with_the_transport() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(CHUNKED + b"3\r\none\r\n")
        await reader.read()

    async with serving(script) as request, network() as transport:
        body = (await transport.send(request)).chunks()
        assert await anext(body) == b"one"
        await transport.close()
        with pytest.raises(UpstreamCut):
            await anext(body)
