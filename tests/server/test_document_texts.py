"""Texts of files, read once for as long as they are remembered."""

from pathlib import Path

from antiphon.retrieval.document import Document
from antiphon.retrieval.extracting import Extractor
from antiphon.server.document_texts import DocumentTexts


def content_of(path: Path) -> bytes:
    return path.read_bytes()


class Counting(Extractor):
    """Says of each file how many there were before it."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[str, bytes]] = []

    async def document(self, name: str, path: Path) -> Document:
        self.read.append((name, content_of(path)))
        return Document(name=name, kind="txt", text=f"text {len(self.read)}")


async def test_a_document_is_read_once_while_it_is_remembered() -> None:
    extractor = Counting()
    texts = DocumentTexts(extractor, most=12)
    assert await texts.text("a.pdf", b"%PDF-a") == "text 1"
    assert await texts.text("b.pdf", b"%PDF-b") == "text 2"
    assert await texts.text("other name", b"%PDF-a") == "text 1"
    assert await texts.text("c.pdf", b"%PDF-c") == "text 3"
    assert await texts.text("a.pdf", b"%PDF-a") == "text 1"
    assert await texts.text("b.pdf", b"%PDF-b") == "text 4"
    assert extractor.read == [("a.pdf", b"%PDF-a"), ("b.pdf", b"%PDF-b"), ("c.pdf", b"%PDF-c"), ("b.pdf", b"%PDF-b")]
