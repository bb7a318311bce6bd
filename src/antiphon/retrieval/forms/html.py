"""HTML: what a reader sees of a page, without its menus, scripts and styles.

The tree is walked without recursion, however deep it is. Not here: encodings that it doesn't name (`encoding.py`).
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser, LexborNode

from antiphon.retrieval.document import BlockKind, Document
from antiphon.retrieval.forms.encoding import read_text
from antiphon.retrieval.forms.writing import Writing

LEFT_OUT = frozenset(
    {
        "-comment",
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "nav",
        "head",
        "iframe",
        "object",
        "select",
        "button",
    }
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
KINDS: dict[str, BlockKind] = {"li": "item", "dt": "item", "dd": "item", "tr": "row", "pre": "code"}
INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
    }
    | {"label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time"}
    | {"tt", "u", "var", "wbr"}
)
CELLS = frozenset({"td", "th"})
DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
SPACE = re.compile(r"\s+")
HEAD = 4096
"""Bytes in which a page says what its encoding is."""


def read(file: BinaryIO, name: str) -> Document:
    """The page's text, block by block."""
    declared = DECLARED.search(file.read(HEAD))
    file.seek(0)
    text = read_text(file, name, declared.group(1).decode() if declared else None)
    writing = Writing(name, "html")
    write_page(writing, text)
    return writing.document()


def write_page(writing: Writing, text: str, level: int = 0) -> None:
    """A page into a document; its headings stand `level` below those of the document."""
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    if title is not None and not level:
        writing.enter(" ".join(title.text().split()), 0)
    if tree.body is not None:
        _Page(writing, level).write(tree.body)


class _Page:
    """Gathers inline text until a block begins or ends."""

    def __init__(self, writing: Writing, level: int) -> None:
        self._writing = writing
        self._level = level
        self._gathered: list[str] = []
        self._open: list[str] = []

    def write(self, body: LexborNode) -> None:
        for node, begins in _walk(body):
            tag = node.tag or ""
            if tag == "-text":
                self._gathered.append(self._shown(node.text_content or ""))
            elif tag == "br":
                self._gathered.append("\n" if begins else "")
            elif tag in CELLS:
                self._gathered.append("" if begins else "\t")
            elif tag not in INLINE:
                self._border(tag, begins=begins)
        self._close("")

    def _shown(self, text: str) -> str:
        return text if "pre" in self._open else SPACE.sub(" ", text)

    def _border(self, tag: str, *, begins: bool) -> None:
        """A block begins or ends: what was gathered before is of the one that is open."""
        inside = self._open[-1] if self._open else ""
        if inside == "tr" and tag != "tr":
            self._gathered.append(" ")
            return
        self._close(inside)
        if tag not in KINDS and tag not in HEADINGS:
            return
        if begins:
            self._open.append(tag)
        elif self._open:
            self._open.pop()

    def _close(self, tag: str) -> None:
        text = "".join(self._gathered)
        self._gathered.clear()
        if tag in HEADINGS:
            self._writing.heading(text, HEADINGS[tag] + self._level)
        elif tag == "pre":
            self._writing.write(text, "code")
        elif tag == "tr":
            cells = (" ".join(cell.split()) for cell in text.split("\t"))
            self._writing.write(" | ".join(filter(None, cells)), "row")
        else:
            lines = (" ".join(line.split()) for line in text.split("\n"))
            self._writing.write("\n".join(filter(None, lines)), KINDS.get(tag, "paragraph"))


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below, when it begins and, if it isn't text, when it ends; parts that nobody reads are left out."""
    above: list[LexborNode] = []
    node = root.child
    while node is not None or above:
        if node is None:
            node = above.pop()
            yield node, False
        elif node.tag in LEFT_OUT:
            pass
        elif node.tag == "-text":
            yield node, True
        else:
            yield node, True
            above.append(node)
            node = node.child
            continue
        node = node.next
