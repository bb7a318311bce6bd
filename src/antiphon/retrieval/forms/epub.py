"""Books (EPUB): the chapters in the order of reading, each an HTML page.

Read by zipfile and the parser of HTML: the library that is kept for EPUB may not be linked into programs of other
licences. Not here: the archive (`archive.py`), pages (`html.py`). Source: EPUB 3.3, open container format.
"""

import posixpath
from typing import BinaryIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError
from zipfile import ZipFile

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from antiphon.errors import UnreadableFile
from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.archive import broken, declares_entities, member, opened
from antiphon.retrieval.forms.encoding import decoded
from antiphon.retrieval.forms.html import write_page
from antiphon.retrieval.forms.writing import Writing

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(file: BinaryIO, name: str) -> Document:
    """The book's title, and its chapters."""
    writing = Writing(name, "epub")
    with opened(file, name) as archive:
        path = _package_path(archive, name)
        package = _xml(archive, path, name)
        title = package.findtext(".//{*}metadata/{*}title")
        if title:
            writing.heading(title, 1)
        locked = _locked(archive, name)
        for chapter in _chapters(package, posixpath.dirname(path)):
            if chapter in locked:
                raise UnreadableFile(f"'{name}' is protected against copying (DRM). Give a copy without it.")
            write_page(writing, decoded(member(archive, chapter, name), name), level=1)
    return writing.document()


def _package_path(archive: ZipFile, name: str) -> str:
    root = _xml(archive, CONTAINER, name).find(".//{*}rootfile")
    path = root.get("full-path") if root is not None else None
    if not path:
        raise broken(name, "it doesn't say where its book begins")
    return path


def _chapters(package: Element, folder: str) -> list[str]:
    """Paths of the pages, in the order of the spine."""
    pages = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in package.iterfind(".//{*}manifest/{*}item")
        if item.get("media-type") in PAGES
    }
    spine = (item.get("idref") for item in package.iterfind(".//{*}spine/{*}itemref"))
    return [pages[reference] for reference in spine if reference in pages]


def _locked(archive: ZipFile, name: str) -> set[str]:
    """Paths of what is encrypted; fonts often are, and nobody minds."""
    if ENCRYPTION not in archive.namelist():
        return set()
    references = _xml(archive, ENCRYPTION, name).iterfind(".//{*}CipherReference")
    return {unquote(reference.get("URI", "")) for reference in references}


def _xml(archive: ZipFile, path: str, name: str) -> Element:
    try:
        return fromstring(member(archive, path, name))  # type: ignore[no-any-return] # it carries no types
    except DefusedXmlException:
        raise declares_entities(name, path) from None
    except (ParseError, ValueError, LookupError) as error:
        raise broken(name, error) from None
