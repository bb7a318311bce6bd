"""Small files of every kind that text is read from, made anew by each test that needs one."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from docx.text.paragraph import Paragraph

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)


def pdf(pages: Sequence[str], bookmarks: Sequence[tuple[str, int]] = ()) -> bytes:
    """A PDF whose pages show these lines; each bookmark has its words and the page it leads to, from 0."""
    objects = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for text in pages:
        shown = b"".join(b"(" + _escaped(line) + b") Tj T* " for line in text.split("\n"))
        stream = b"BT /F1 11 Tf 14 TL 60 760 Td " + shown + b"ET" if text else b""
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        content = len(objects)
        resources = b"<< /Font << /F1 3 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources %s /Contents %d 0 R >>"
            % (resources, content)
        )
    outlines = _outlines(objects, kids, bookmarks)
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R%s >>" % outlines
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    return pdf_file(objects)


def _escaped(line: str) -> bytes:
    return line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _outlines(objects: list[bytes], kids: Sequence[int], bookmarks: Sequence[tuple[str, int]]) -> bytes:
    if not bookmarks:
        return b""
    root = len(objects) + 1
    first, last = root + 1, root + len(bookmarks)
    objects.append(b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (first, last, len(bookmarks)))
    for place, (words, page) in enumerate(bookmarks):
        following = b"/Next %d 0 R" % (first + place + 1) if first + place < last else b""
        objects.append(
            b"<< /Title (%s) /Parent %d 0 R /Dest [%d 0 R /Fit] %s >>" % (_escaped(words), root, kids[page], following)
        )
    return b" /Outlines %d 0 R" % root


def pdf_file(objects: Iterable[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalog."""
    made = io.BytesIO()
    made.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(made.tell())
        made.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = made.tell()
    made.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    made.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    made.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table))
    return made.getvalue()


def word(*blocks: tuple[str, str] | list[list[str]]) -> bytes:
    """A document of Word: paragraphs as (style, text), tables as lists of rows."""
    document = docx.Document()
    for block in blocks:
        if isinstance(block, tuple):
            made: Paragraph = document.add_paragraph(block[1], style=block[0])
            assert made.text == block[1]
            continue
        table = document.add_table(rows=len(block), cols=len(block[0]))
        for row, cells in zip(table.rows, block, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    return _saved(document)


def slides(*shown: tuple[str, str, str]) -> bytes:
    """A presentation: of each slide its title, its text and its notes."""
    presentation = pptx.Presentation()
    for title, text, notes in shown:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text_frame.text = title
        slide.placeholders[1].text_frame.text = text
        slide.notes_slide.notes_text_frame.text = notes
    return _saved(presentation)


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A workbook: rows by the name of the sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return _saved(book)


def _saved(document: object) -> bytes:
    made = io.BytesIO()
    document.save(made)  # type: ignore[attr-defined] # all three have it
    return made.getvalue()


def archive(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as written:
        for name, data in parts.items():
            written.writestr(name, data)
    return made.getvalue()


def book(chapters: dict[str, str], **parts: bytes | str) -> bytes:
    """An EPUB: chapters are pages of HTML, by their file's name, and are read in this order."""
    names = enumerate(chapters)
    items = "".join(f'<item id="c{n}" href="text/{name}" media-type="application/xhtml+xml"/>' for n, name in names)
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>A book</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    pages = {f"OEBPS/text/{name}": page for name, page in chapters.items()}
    first = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package}
    return archive({**first, **pages, **parts})


def mail(text: str, subject: str = "Salt", html: str | None = None, attached: Sequence[str] = ()) -> bytes:
    """A message from Ann to Bob."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Ann <ann@example.com>", "bob@example.com"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name in attached:
        message.add_attachment(b"1234", maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
