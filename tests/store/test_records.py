"""The lines of an export; the first version's file stays readable for ever."""

from collections.abc import AsyncIterator

import pytest
from sample_rows import Make

from antiphon.errors import ConfigFault
from antiphon.store import records
from antiphon.store.base import Conversation, StoredPrompt
from antiphon.store.blob_store import Blob
from antiphon.store.records import ConversationLine, Header, ItemLine, PlacedItem, Record, ResponseLine
from antiphon.wire.answers import StoredItem

# As version 1 wrote them. Never to be changed.
VERSION_1 = [
    b'{"kind":"antiphon-export","version":1}',
    b'{"kind":"conversation","project":"p","conversation":{"id":"c","created_at":1,"metadata":{"a":"b"}},"next_place":3}',
    b'{"kind":"response","project":"p","id":"r","created_at":1,"status":"completed","model":"m","previous_response_id":null,"conversation_id":"c","seen":1,"appended":true,"body":{"base64":"/w=="},"input":[{"id":"i","raw":"{\\"n\\u00e9\\":1}","place":1}],"output":[]}',
    b'{"kind":"item","project":"p","conversation_id":"c","item":{"id":"j","raw":"{}","place":0}}',
    b'{"kind":"chat","project":"p","id":"x","created_at":1,"model":"m","metadata":{},"body":"{}","messages":[{"id":"k","raw":"{}"}]}',
]


async def lines(given: list[bytes]) -> AsyncIterator[bytes]:
    for line in given:
        yield line


async def read(given: list[bytes]) -> list[list[Record]]:
    return [batch async for batch in records.batches(lines(given))]


async def test_version_1_is_read() -> None:
    [[conversation, response, item, chat]] = await read(VERSION_1)
    assert conversation == ConversationLine("p", Conversation(id="c", created_at=1, metadata={"a": "b"}), 3)
    assert isinstance(response, ResponseLine)
    assert response.answer().body == b"\xff"
    assert response.answer().input[0].raw == '{"né":1}'.encode()
    assert response.input[0].place == 1
    assert item == ItemLine("p", "c", PlacedItem("j", "{}", 0))
    assert isinstance(chat, records.ChatLine)
    assert chat.chat().messages[0].id == "k"
    written = [records.encode(record) for record in (conversation, response, item, chat)]
    assert [records.DECODER.decode(line) for line in written] == [
        records.DECODER.decode(line) for line in VERSION_1[1:]
    ]


# As version 2 writes what version 1 didn't have. Never to be changed.
VERSION_2 = [
    b'{"kind":"antiphon-export","version":2}',
    b'{"kind":"prompt","project":"p","id":"pmpt_1","version":2,"created_at":1,"body":"{}"}',
]


async def test_version_2_is_read() -> None:
    [[prompt]] = await read(VERSION_2)
    assert isinstance(prompt, records.PromptLine)
    assert prompt.prompt() == StoredPrompt(id="pmpt_1", version=2, created_at=1, body=b"{}")
    assert records.encode(prompt) == VERSION_2[1]


# As version 3 writes what version 2 didn't have. Never to be changed.
VERSION_3 = [
    b'{"kind":"antiphon-export","version":3}',
    b'{"kind":"file","project":"p","file":{"id":"file_1","created_at":1,"expires_at":null,"filename":"a.txt","purpose":"vision","media_type":"text/plain","blob":{"hash":"00","place":"h/00/00-1","bytes":5}}}',
]


async def test_version_3_is_read() -> None:
    [[line]] = await read(VERSION_3)
    assert isinstance(line, records.FileLine)
    assert line.file.blob == Blob("00", "h/00/00-1", 5)
    assert records.encode(line) == VERSION_3[1]


# As version 4 writes what version 3 didn't have. Never to be changed.
VERSION_4 = [
    b'{"kind":"antiphon-export","version":4}',
    b'{"kind":"bytes","bytes":"aGVsbG8="}',
    b'{"kind":"bytes","bytes":""}',
    b'{"kind":"vector_store","project":"p","store":{"id":"vs_1","created_at":1,"name":"n","description":null,"metadata":{"a":"b"},"expires_days":7,"last_active_at":2,"model":"m","dimension":2,"follows":true,"counts":{"in_progress":0,"completed":0,"failed":0,"cancelled":0},"usage_bytes":0}}',
    b'{"kind":"vector_batch","project":"p","store_id":"vs_1","batch":{"id":"vsfb_1","created_at":1,"cancelled":true,"counts":{"in_progress":0,"completed":0,"failed":0,"cancelled":0}}}',
    b'{"kind":"vector_file","project":"p","store_id":"vs_1","batch_id":"vsfb_1","model":"m","dimension":2,"file":{"id":"file-1","created_at":1,"filename":"a.md","status":"completed","usage_bytes":9,"attributes":{"n":1.5,"b":true},"fault":null,"message":null,"most_tokens":800,"overlap_tokens":400}}',
    b'{"kind":"passages","project":"p","store_id":"vs_1","file_id":"file-1","passages":[{"number":0,"start":0,"end":4,"page":1,"heading":["A"],"above":"a.md","text":"Cats","vector":"AACAPwAAAAA="}]}',
    b'{"kind":"vector_file_read","project":"p","store_id":"vs_1","file_id":"file-1","passages":1,"usage_bytes":9}',
]


async def test_version_4_is_read_and_written() -> None:
    [lines] = await read(VERSION_4)
    assert [records.header(), *VERSION_4[1:3], *map(records.encode, lines)] == VERSION_4


@pytest.mark.parametrize("raw", [b"", b'{"a": 1.0}', "né\u2028\x00".encode(), b"\xff\xfe", b"\xed\xa0\x80"])
def test_bytes_survive_as_text(raw: bytes) -> None:
    line = records.encode(ItemLine("p", "c", records.placed(StoredItem("i", raw))))
    assert b"\n" not in line
    again = records.decode(line, 2)
    assert isinstance(again, ItemLine)
    assert records.stored(again.item).raw == raw


async def test_long_exports_come_in_batches(make: Make) -> None:
    small = [records.encode(ItemLine("p", "c", records.placed(make.item()))) for _ in range(250)]
    assert [len(batch) for batch in await read([records.header(), *small])] == [100, 100, 50]
    large = [records.encode(ItemLine("p", "c", PlacedItem("i", "x" * records.BYTES))) for _ in range(2)]
    assert [len(batch) for batch in await read([records.header(), *large])] == [1, 1, 0]


@pytest.mark.parametrize("line", [b"", b"[]", b'{"kind":"chat"}', b'{"kind":"item","project":1}', b"\xff"])
def test_a_line_that_is_none_is_named_by_its_number(line: bytes) -> None:
    with pytest.raises(ConfigFault, match="Line 17 of the export"):
        records.decode(line, 17)


def test_the_header_stands_in_the_first_line_alone() -> None:
    assert records.decode(records.header(), 1) == Header(records.VERSION)
    with pytest.raises(ConfigFault, match="line 1"):
        records.decode(records.header(), 2)


def test_a_conversation_that_is_not_in_the_export_is_named() -> None:
    assert "'THIS'" in records.not_exported("THIS").message
