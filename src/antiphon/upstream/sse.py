"""Server-sent events, sans I/O: bytes split anywhere go in, the data of whole messages comes out.

Only `data` is handed on, because a chat stream says everything there; the name of an event matters in
two cases alone, errors and signs of life (see `_meant`). Follows the WHATWG's "Interpreting an event stream", and where
that is silent what model servers send. Not here: JSON and `[DONE]` (`upstream/client.py`).
Counterpart: `server/sse.py`, which writes such streams.
"""

import msgspec

from antiphon.errors import UpstreamGarbage

DEFAULT_LIMIT = 8 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
BLANK_LINE = b"\n\n"
DATA = b"data: "
BETWEEN = BLANK_LINE + DATA
OTHER_FIELDS = frozenset({b"", b"id", b"retry"})
"""Fields that say nothing here; a comment has none."""
SIGNS_OF_LIFE = frozenset({b"ping", b"heartbeat", b"keepalive", b"keep-alive"})
"""Names of events with which proxies keep a connection open."""


class Decoder:
    """One stream's decoder: `feed` it what each read brought, then call `finish` once.

    Every split of the same bytes gives the same messages. A message of more than `limit` bytes
    raises `UpstreamGarbage`, from `feed` or `finish`; the decoder is of no more use then.
    `stray` are lines that no event stream has, the first ones: a body that is something else consists of them.
    """

    __slots__ = ("_after_return", "_limit", "_rest", "stray")

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self.stray = bytearray()
        self._rest = bytearray()
        self._after_return = False

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the messages that `data` completes, in order; often one, often none."""
        if self._after_return or b"\r" in data:
            data = self._with_newlines(data)
        if self._rest:
            return self._feed_more(data)
        end = data.rfind(BLANK_LINE)
        if end < 0:
            self._keep(data)
            return []
        if end + 2 < len(data):
            self._keep(data[end + 2 :])
        return self._messages(data[:end])

    def finish(self) -> list[bytes]:
        """The last message, when the stream ended without a blank line after it. At most one."""
        rest = bytes(self._rest)
        self._rest.clear()
        return self._messages(rest.removesuffix(b"\n")) if rest else []

    def _feed_more(self, data: bytes) -> list[bytes]:
        rest = self._rest
        # Only new bytes are searched, and the one before them: a long message costs its length, not its square.
        start = len(rest) - 1
        rest += data
        end = rest.rfind(BLANK_LINE, start)
        if end < 0:
            self._check(len(rest) - 1)
            return []
        whole = bytes(rest[:end])
        del rest[: end + 2]
        self._check(len(rest) - 1)
        return self._messages(whole)

    def _keep(self, data: bytes) -> None:
        self._rest += data
        self._check(len(data) - 1)

    def _with_newlines(self, data: bytes) -> bytes:
        """Lines end with CRLF, CR or LF. A CR ends its line at once: an LF that follows later is dropped."""
        if self._after_return and data.startswith(b"\n"):
            self._after_return = False
            data = data[1:]
        if data:
            self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _messages(self, whole: bytes) -> list[bytes]:
        # Nearly every stream is nothing but `data: …` lines with a blank line between: then one split does it all.
        # It is nothing else when the separators hold all of its newlines.
        if whole.startswith(DATA):
            found = whole[len(DATA) :].split(BETWEEN)
            if b"\n" not in b"".join(found) and b"" not in found:
                if len(whole) > self._limit:
                    self._check(max(map(len, found)) + len(DATA))
                return found
        return self._unusual_messages(whole)

    def _unusual_messages(self, whole: bytes) -> list[bytes]:
        found = []
        for block in whole.split(BLANK_LINE):
            self._check(len(block))
            if message := self._message(block):
                found.append(message)
        return found

    def _message(self, block: bytes) -> bytes:
        """The data of one message, empty where it has none."""
        data, name = [], b""
        for line in block.split(b"\n"):
            field, _, value = line.removeprefix(BOM).partition(b":")
            if field == b"data":
                data.append(value.removeprefix(b" "))
            elif field == b"event":
                name = value.removeprefix(b" ")
            elif field == b"error":
                data.append(value.removeprefix(b" "))
                name = field
            elif field not in OTHER_FIELDS and len(self.stray) < self._limit:
                self.stray += line + b"\n"
        return _meant(b"\n".join(data), name)

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise UpstreamGarbage(
                f"The upstream sent a stream message of more than {self._limit:,} bytes, which no chat completion has. "
                "Check that its address is that of a chat-completions server."
            )


def _meant(data: bytes, name: bytes) -> bytes:
    """What the data of a message of this name is to whoever reads chunks.

    Errors come in two forms beside the usual `data: {"error": …}`: llama.cpp sends a field named `error`, others
    an `event: error` whose data is the error itself, in JSON or in words. Both are turned into the usual one. A sign
    of life is nothing.
    """
    if name in SIGNS_OF_LIFE and not data.startswith(b"{"):
        return b""
    if name == b"error" and data and b'"error"' not in data:
        return b'{"error":' + (data if _is_json(data) else msgspec.json.encode(data.decode(errors="replace"))) + b"}"
    return data


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return False
    return True
