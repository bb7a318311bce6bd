"""Messages (eml): who wrote what to whom when, the text, and the names of what was attached.

Of a text and its HTML twin the text is read. Attached messages are read too, attached files aren't. Not here: HTML
(`html.py`).
"""

from email import message_from_binary_file, policy
from email.errors import MessageError
from email.message import EmailMessage
from typing import BinaryIO

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MIB, MOST_TEXT_BYTES
from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.archive import broken
from antiphon.retrieval.forms.html import write_page
from antiphon.retrieval.forms.writing import Writing

TOLD = ("from", "to", "cc", "date")
DEEPEST = 8
"""Messages within messages."""


def read(file: BinaryIO, name: str) -> Document:
    """The message."""
    file.seek(0, 2)
    if file.tell() > MOST_TEXT_BYTES:
        raise UnreadableFile(f"'{name}' has more than {MOST_TEXT_BYTES // MIB} MiB. Save it without its attachments.")
    file.seek(0)
    writing = Writing(name, "eml")
    try:
        message = message_from_binary_file(file, policy=policy.default)
        _write(message, writing, 1)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        raise broken(name, error if str(error) else type(error).__name__) from None
    return writing.document()


def _write(message: EmailMessage, writing: Writing, depth: int) -> None:
    writing.heading(str(message.get("subject", "")), depth)
    for header in TOLD:
        if value := message.get(header):
            writing.write(f"{header.capitalize()}: {value}", "item")
    body = message.get_body(("plain", "html"))
    if body is not None:
        text = str(body.get_content())
        if body.get_content_type() == "text/html":
            write_page(writing, text, depth)
        else:
            _write_paragraphs(text, writing)
    for part in message.iter_attachments():
        _write_attached(part, writing, depth)


def _write_attached(part: object, writing: Writing, depth: int) -> None:
    if not isinstance(part, EmailMessage):
        return
    if part.get_content_type() == "message/rfc822" and depth < DEEPEST:
        inner = part.get_content()
        if isinstance(inner, EmailMessage):
            _write(inner, writing, depth + 1)
    elif name := part.get_filename():
        writing.write(f"Attachment: {name}", "item")


def _write_paragraphs(text: str, writing: Writing) -> None:
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        writing.write(paragraph)
