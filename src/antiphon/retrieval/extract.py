"""Text out of a file: which kind it is, by its name and its first bytes, and the module that reads it.

A file that gives no text raises an error that names it and how to mend it. This runs for as long as the file makes it:
what comes from outside is read in a process of its own (`extracting.py`). Not here: each kind (`forms/`).
"""

from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, Protocol, cast
from zipfile import BadZipFile, ZipFile

from antiphon.errors import PackageMissing, UnreadableFile
from antiphon.retrieval.document import Document

TEXTS = "txt text log rst tex ini cfg conf toml yaml yml xml svg srt vtt"
CODE = (
    "c h cc cpp cxx hpp cs css go java js jsx mjs kt lua m php pl proto ps1 py pyi r rb rs scala sh bash zsh sql swift"
    " ts tsx vue zig dockerfile makefile"
)
FORMS = {
    "pdf": ("antiphon.retrieval.forms.pdf", "read"),
    "docx": ("antiphon.retrieval.forms.word", "read"),
    "pptx": ("antiphon.retrieval.forms.slides", "read"),
    "xlsx": ("antiphon.retrieval.forms.sheets", "read"),
    "epub": ("antiphon.retrieval.forms.epub", "read"),
    "html": ("antiphon.retrieval.forms.html", "read"),
    "md": ("antiphon.retrieval.forms.markdown", "read"),
    "csv": ("antiphon.retrieval.forms.tables", "read"),
    "eml": ("antiphon.retrieval.forms.mail", "read"),
    "json": ("antiphon.retrieval.forms.plain", "read_json"),
    "jsonl": ("antiphon.retrieval.forms.plain", "read_lines"),
    "code": ("antiphon.retrieval.forms.plain", "read_code"),
    "txt": ("antiphon.retrieval.forms.plain", "read"),
}
"""Where each kind is read."""
ENDINGS = {
    **dict.fromkeys(TEXTS.split(), "txt"),
    **dict.fromkeys(CODE.split(), "code"),
    **{kind: kind for kind in FORMS if kind != "code"},
    **dict.fromkeys(("docm", "dotx"), "docx"),
    **dict.fromkeys(("pptm", "ppsx"), "pptx"),
    **dict.fromkeys(("xlsm", "xltx"), "xlsx"),
    **dict.fromkeys(("htm", "xhtml"), "html"),
    **dict.fromkeys(("markdown", "mdx"), "md"),
    **dict.fromkeys(("tsv", "tab"), "csv"),
    **dict.fromkeys(("doc", "dot"), "docx"),
    **dict.fromkeys(("ppt", "pps"), "pptx"),
    **dict.fromkeys(("xls",), "xlsx"),
    "ndjson": "jsonl",
}
"""The kind by the ending of a name; the old forms of Office go where the error is that names them."""
PARTS = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx", "META-INF/container.xml": "epub"}
"""The kind of an archive by what is in it."""
ARCHIVES = frozenset(PARTS.values())
ARCHIVE = b"PK\x03\x04"
START = 1024


class Form(Protocol):
    """Reads one kind of file."""

    def __call__(self, file: BinaryIO, name: str) -> Document:
        """The document, or `UnreadableFile`."""
        ...


def extract(file: BinaryIO, name: str) -> Document:
    """The text of an open file. Raises `UnreadableFile`, or `PackageMissing` where the server lacks a library."""
    start = file.read(START)
    file.seek(0)
    if not start:
        raise UnreadableFile(f"'{name}' is empty: it has 0 bytes. Upload it again.")
    kind = kind_of(start, name, file)
    module, function = FORMS[kind]
    try:
        form = cast("Form", getattr(import_module(module), function))
        document = form(file, name)
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f"'{name}' can't be read: the package {error.name} isn't installed: pip install 'antiphon[files]'."
        ) from error
    if not document.text.strip():
        raise UnreadableFile(f"'{name}' has no text. If it shows pictures of text, run OCR over it, and upload that.")
    return document


def kind_of(start: bytes, name: str, file: BinaryIO) -> str:
    """What to read it as: by its first bytes where they tell, else by its name's ending; text where nothing does."""
    path = PurePath(name.lower())
    ending = path.suffix[1:] or path.name
    named = ENDINGS.get(ending)
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(ARCHIVE):
        return _archive(file, name, named)
    if named is None and start.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    return named or "txt"


def _archive(file: BinaryIO, name: str, named: str | None) -> str:
    """The kind of document an archive is: by what is in it, else by its name."""
    try:
        paths = ZipFile(file).namelist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        paths = []
    file.seek(0)
    for part, kind in PARTS.items():
        if any(path.startswith(part) for path in paths):
            return kind
    if named in ARCHIVES:
        return named
    raise UnreadableFile(
        f"'{name}' is an archive. Unpack it, and upload the files that are in it.", code="unsupported_file"
    )
