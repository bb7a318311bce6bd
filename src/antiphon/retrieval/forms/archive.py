"""Archives that are documents (Office, EPUB), opened within bounds: none is unpacked that would fill a disk or memory.

What an archive says of itself bounds what is read: Python stops at the size that a member declares. Not here: what is
inside (`word.py`, `slides.py`, `sheets.py`, `epub.py`).
"""

import re
import zlib
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MIB, MOST_ENTRIES, MOST_UNPACKED

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of Office before 2007, and of an encrypted document since."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
TYPES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)|<\0!\0(?:D\0O|E\0N)|\0<\0!\0(?:D\0O|E\0N)", re.IGNORECASE)
UNPACKING = (BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError)
"""What Python raises over archives that aren't what they say."""
OFFICE = (*UNPACKING, KeyError, AttributeError, TypeError, SyntaxError)
"""What libraries for documents of Office raise, all of them."""
PIECE = 64 * 1024
XML = (".xml", ".rels", ".opf", ".ncx")
ENCRYPTED_FLAG = 1


def opened(file: BinaryIO, name: str) -> ZipFile:
    """The archive, of a size that can be read. Raises `UnreadableFile`."""
    start = file.read(len(OLD_OFFICE))
    if not start:
        raise UnreadableFile(f"'{name}' is empty: it has 0 bytes. Upload it again.")
    if start == OLD_OFFICE:
        raise _old(file, name)
    try:
        archive = ZipFile(file)
    except UNPACKING as error:
        raise broken(name, error) from None
    _check(archive, name)
    return archive


def check_xml(archive: ZipFile, name: str) -> None:
    """Raise `UnreadableFile` where a part declares a document type: that is how few bytes are made to be many."""
    for member in archive.infolist():
        if member.filename.lower().endswith(XML) and _declares_type(archive, member.filename, name):
            raise declares_entities(name, member.filename)


def member(archive: ZipFile, path: str, name: str) -> bytes:
    """The bytes of one member. Raises `UnreadableFile` where it isn't there or can't be unpacked."""
    try:
        return archive.read(path)
    except KeyError:
        raise broken(name, f"it has no part '{path}'") from None
    except UNPACKING as error:
        raise broken(name, error) from None


def declares_entities(name: str, part: str) -> UnreadableFile:
    """The error of a file whose text may stand for much more than is there."""
    return UnreadableFile(
        f"'{name}' declares XML entities in '{part}', which no program for documents does, and which can make a small "
        "file endless. Save it anew with such a program."
    )


def broken(name: str, why: object) -> UnreadableFile:
    """The error of a file that isn't what its name says, or was cut."""
    told = "its parts lie too deep in one another" if isinstance(why, RecursionError) else str(why)
    said = " ".join(told.split())[:200].rstrip(".")
    return UnreadableFile(f"'{name}' is broken: {said}. Open it with its own program, save it anew, and upload that.")


def _declares_type(archive: ZipFile, path: str, name: str) -> bool:
    try:
        with archive.open(path) as part:
            before = b""
            while piece := part.read(PIECE):
                if TYPES.search(before + piece):
                    return True
                before = piece[-16:]
    except UNPACKING as error:
        raise broken(name, error) from None
    return False


def _old(file: BinaryIO, name: str) -> UnreadableFile:
    file.seek(0)
    before = b""
    while piece := file.read(16 * PIECE):
        if ENCRYPTED in before + piece:
            return encrypted(name)
        before = piece[-len(ENCRYPTED) :]
    return UnreadableFile(
        f"'{name}' has the form that Office wrote before 2007. Save it as docx, pptx or xlsx, and upload that.",
        code="unsupported_file",
    )


def encrypted(name: str) -> UnreadableFile:
    """The error of a file that asks for a password."""
    return UnreadableFile(f"'{name}' is encrypted. Take its password off, and upload it again.")


def _check(archive: ZipFile, name: str) -> None:
    members = archive.infolist()
    if len(members) > MOST_ENTRIES:
        raise UnreadableFile(
            f"'{name}' is an archive of {len(members):,} parts; at most {MOST_ENTRIES:,} are read. Split it."
        )
    size = sum(each.file_size for each in members)
    if size > MOST_UNPACKED:
        raise UnreadableFile(
            f"'{name}' would be {size / MIB:,.0f} MiB unpacked; at most {MOST_UNPACKED // MIB} MiB are. Split it, or"
            " take its pictures out."
        )
    if any(each.flag_bits & ENCRYPTED_FLAG for each in members):
        raise encrypted(name)
