"""A document travels between processes: what is written is what is read."""

import msgspec

from antiphon.retrieval.document import Block, Document


def test_a_document_comes_back_from_its_bytes() -> None:
    block = Block(0, 5, "heading", ("Title",), page=2, level=1)
    document = Document("a.md", "md", "Title", (block,))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=Document) == document
