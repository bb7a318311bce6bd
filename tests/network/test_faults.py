"""The words of each fault: whose it is, and how to mend it."""

import errno
import socket
import ssl

import pytest

from antiphon.errors import UpstreamGarbage, UpstreamTimeout, UpstreamUnavailable
from antiphon.network.connection import Garbled, Lost
from antiphon.network.faults import NoConnection, no_answer, no_end
from antiphon.transport import HttpRequest, Timeouts

REQUEST = HttpRequest("POST", "http://user:secret@host:1/v1?key=secret#x", "up")


def lost(cause: OSError) -> Lost:
    fault = Lost("lost")
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NoConnection(), UpstreamUnavailable, "took no connection within 10 s. Check that it runs"),
        (TimeoutError(), UpstreamTimeout, "sent no answer within 300 s"),
        (TimeoutError(errno.ETIMEDOUT, "x"), UpstreamUnavailable, "can't be reached: Connection timed out"),
        (ssl.SSLError(1, "wrong version"), UpstreamUnavailable, "can't be trusted: "),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), UpstreamUnavailable, "can't be reached: Connection refused"),
        (socket.gaierror(-2, "Name not known"), UpstreamUnavailable, "can't be reached: Name not known"),
        (lost(ConnectionResetError(errno.ECONNRESET, "x")), UpstreamUnavailable, "(Connection reset by peer)"),
        (Lost("the connection was closed"), UpstreamUnavailable, "before it answered (the connection was closed)"),
        (Garbled("bad start"), UpstreamGarbage, "doesn't answer in HTTP (bad start)"),
    ],
)
def test_without_a_status_line(error: Exception, kind: type[Exception], words: str) -> None:
    fault = no_answer(REQUEST, error, Timeouts())
    assert type(fault) is kind
    assert words in fault.message
    assert fault.message.startswith("Upstream 'up' at http://host:1/v1 ")


def test_silence_in_the_middle() -> None:
    assert "nothing for 3 s" in no_end(REQUEST, TimeoutError(), 3).message
