"""How the tests of the forms look at a document."""

import io

from antiphon.retrieval.document import Document
from antiphon.retrieval.extract import extract

Line = tuple[str, str, str]


def read(name: str, data: bytes | str) -> Document:
    document = extract(io.BytesIO(data.encode() if isinstance(data, str) else data), name)
    assert document.name == name
    check_blocks(document)
    return document


def check_blocks(document: Document) -> None:
    """The blocks are in order, don't overlap, and hold all of the text."""
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(document.text)
        assert not document.text[end : block.start].strip()
        end = block.end
    assert not document.text[end:].strip()


def outline(document: Document) -> list[Line]:
    """Of each block its kind, the headings above it, and its text."""
    return [
        (block.kind, " > ".join(block.heading), document.text[block.start : block.end]) for block in document.blocks
    ]
