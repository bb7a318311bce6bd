"""Files made to break who reads them, and files that merely can't be read: each with its name and what is to be said.

Made anew by code, since most of them mustn't lie about on a disk.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import sample_files
from pypdf import PdfReader, PdfWriter

from antiphon.retrieval import bounds

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {after} "{f"&{name};" * 10}">' for name, after in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><l>&i;</l>"
)
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
KIDS = b"<< /Type /Pages /Count 1 /Kids [%s] >>"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Hostile(NamedTuple):
    """A file, what its error says, and the code that the error has."""

    name: str
    data: bytes
    says: str
    code: str = "invalid_file"


def hostile_files() -> Iterator[Hostile]:
    """All of them."""
    yield Hostile("empty.pdf", b"", "is empty: it has 0 bytes")
    yield Hostile("blank.txt", b" \r\n\r\n", "has no text")
    yield Hostile("scanned.pdf", sample_files.pdf([""] * 3), "has 3 pages and no text: they are pictures")
    yield Hostile("secret.pdf", encrypted_pdf(), "is encrypted. Take its password off")
    yield Hostile("secret.docx", OLD + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "is encrypted")
    yield Hostile("old.doc", OLD + bytes(600), "the form that Office wrote before 2007", "unsupported_file")
    yield Hostile("locked.epub", locked_book(), "is protected against copying")
    packed = bomb(b"word/document.xml")
    yield Hostile("bomb.docx", packed, "would be 300 MiB unpacked; at most 256 MiB are")
    yield Hostile("bomb.xlsx", packed.replace(b"word/document.xml", b"xl/worksheets.xml"), "would be 300 MiB unpacked")
    yield Hostile("bomb.epub", packed.replace(b"word/document.xml", b"OEBPS/package.opf"), "would be 300 MiB unpacked")
    for name, part in (("laughs.docx", "word/document.xml"), ("laughs.xlsx", "xl/workbook.xml")):
        yield Hostile(name, laughing(part), "declares XML entities")
    yield Hostile("laughs.pptx", laughing("ppt/presentation.xml"), "declares XML entities")
    yield Hostile("laughs.epub", sample_files.archive({"META-INF/container.xml": LAUGHS}), "declares XML entities")
    yield Hostile("long.pdf", sample_files.pdf(["x"] * 10_000), "has 10,000 pages; at most 5,000 are read")
    yield Hostile("cut.pdf", sample_files.pdf(["x"] * 20)[:900], "cut.pdf' ")
    yield Hostile("cut.docx", sample_files.word(("Normal", "x"))[:9_000], "is broken: ")
    yield Hostile("cut.xlsx", sample_files.workbook(a=[[1]])[:3_000], "is broken: ")
    yield Hostile("loop.pdf", sample_files.pdf_file([CATALOG, KIDS % b"2 0 R"]), "is broken: Detected cyclic page")
    yield Hostile("deep.pdf", sample_files.pdf_file([deep_catalog(), KIDS % b""]), "is broken: ")
    yield Hostile("bomb.pdf", stream_bomb(), "has 1 page and no text")
    yield Hostile("deep.docx", deep_document(), "is broken: Excessive depth")
    yield Hostile("deep.eml", deep_message(), "too deep")
    yield Hostile("noise.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40, "noise.pdf' is broken: ")
    yield Hostile("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "holds no text that can be read", "unsupported_file")
    yield Hostile("many.zip", sample_files.archive({"a.txt": "a"}), "is an archive. Unpack it", "unsupported_file")


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(sample_files.pdf(["Secret words"]))))
    writer.encrypt(user_password="please", owner_password="owner", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def locked_book() -> bytes:
    """An EPUB whose chapter is encrypted."""
    lock = '<e><CipherReference URI="OEBPS/text/a.xhtml"/></e>'
    return sample_files.book({"a.xhtml": "<p>x</p>"}, **{"META-INF/encryption.xml": lock})


def bomb(part: bytes) -> bytes:
    """An archive of about a megabyte whose part is 300 MiB."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(part.decode(), "w") as written,
    ):
        for _ in range(300):
            written.write(b" " * bounds.MIB)
    return made.getvalue()


def deep_catalog() -> bytes:
    """Lists in lists in lists."""
    return b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 100_000 + b"]" * 100_000 + b" >>"


def stream_bomb() -> bytes:
    """A PDF of 4 KB whose page would be 300 MB of commands."""
    packed = zlib.compress(zlib.compress(bytes(300_000_000), 1), 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    stream = b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)
    return sample_files.pdf_file([CATALOG, KIDS % b"3 0 R", page, stream])


def deep_document() -> bytes:
    """A document of Word with tables in tables in tables."""
    with zipfile.ZipFile(io.BytesIO(sample_files.word(("Normal", "x")))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    opening, closing = b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"
    nested = opening * 10_000 + closing * 10_000
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + nested)
    return sample_files.archive(parts)


def deep_message() -> bytes:
    """Parts in parts in parts."""
    return b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(5_000))


def laughing(part: str) -> bytes:
    """A document of Office with a part that would be a gigabyte of laughter."""
    return sample_files.archive({"[Content_Types].xml": "<Types/>", part: LAUGHS})
