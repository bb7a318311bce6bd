"""Messages."""

from email.message import EmailMessage

import pytest
import sample_files
from retrieval_outline import outline, read

from antiphon.errors import UnreadableFile
from antiphon.retrieval import bounds

HEADERS = [
    ("item", "Salt", "From: Ann <ann@example.com>"),
    ("item", "Salt", "To: bob@example.com"),
    ("item", "Salt", "Date: Mon, 02 Mar 2026 10:00:00 +0000"),
]


def test_a_message_with_what_was_attached() -> None:
    document = read("a.eml", sample_files.mail("Hello\n\nthere", html="<p>no</p>", attached=["a.pdf"]))
    assert outline(document) == [
        ("heading", "Salt", "Salt"),
        *HEADERS,
        ("paragraph", "Salt", "Hello"),
        ("paragraph", "Salt", "there"),
        ("item", "Salt", "Attachment: a.pdf"),
    ]


def test_a_message_of_html_alone_and_one_in_it() -> None:
    inner = EmailMessage()
    inner["Subject"] = "Inner"
    inner.set_content("words")
    outer = EmailMessage()
    outer["Subject"] = "Outer"
    outer.set_content("<h1>Part</h1><p>text</p>", subtype="html")
    outer.add_attachment(inner)
    assert outline(read("a.eml", outer.as_bytes())) == [
        ("heading", "Outer", "Outer"),
        ("heading", "Outer > Part", "Part"),
        ("paragraph", "Outer > Part", "text"),
        ("heading", "Outer > Inner", "Inner"),
        ("paragraph", "Outer > Inner", "words"),
    ]


def test_one_too_large_is_told() -> None:
    with pytest.raises(UnreadableFile, match="without its attachments"):
        read("a.eml", b"x" * (bounds.MOST_TEXT_BYTES + 1))
