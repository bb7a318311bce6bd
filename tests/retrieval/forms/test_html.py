"""HTML: what a reader sees, block by block."""

from retrieval_outline import outline, read

from antiphon.retrieval.forms.html import write_page
from antiphon.retrieval.forms.writing import Writing

PAGE = """<!doctype html><html><head><title>The page</title><style>p {}</style></head><body><nav>menu</nav>
<h1>One &amp; <b>all</b></h1>intro<!-- no --><p>Some <i>text</i>
goes on<br>here</p><ul><li>a</li><li><p>b</p></li></ul>
<table><tr><th>x<th>y<tr><td>1<td><p>2</p><p>3</p></table><pre>def f():
    x</pre><script>bad()</script><h2>Two</h2><div>tail<div>deeper</div></div></body></html>"""


def test_blocks_of_every_kind() -> None:
    assert outline(read("a.html", PAGE)) == [
        ("heading", "The page > One & all", "One & all"),
        ("paragraph", "The page > One & all", "intro"),
        ("paragraph", "The page > One & all", "Some text goes on\nhere"),
        ("item", "The page > One & all", "a"),
        ("item", "The page > One & all", "b"),
        ("row", "The page > One & all", "x | y"),
        ("row", "The page > One & all", "1 | 2 3"),
        ("code", "The page > One & all", "def f():\n    x"),
        ("heading", "The page > One & all > Two", "Two"),
        ("paragraph", "The page > One & all > Two", "tail"),
        ("paragraph", "The page > One & all > Two", "deeper"),
    ]


def test_a_page_names_its_encoding() -> None:
    page = '<meta charset="windows-1251"><p>Пора, красавица</p>'
    assert read("a.html", page.encode("cp1251")).text == "Пора, красавица"


def test_a_page_is_known_without_its_ending() -> None:
    assert read("page", "  <!DOCTYPE html><p>x</p>").kind == "html"


def test_a_page_may_be_deeper_than_calls_may() -> None:
    assert read("a.html", "<div>" * 5_000 + "deep").text == "deep"


def test_headings_of_a_part_stand_below_those_of_the_whole() -> None:
    writing = Writing("a.eml", "eml")
    writing.heading("Subject", 1)
    write_page(writing, "<title>no</title><h1>Part</h1>", level=1)
    assert [block.heading for block in writing.document().blocks] == [("Subject",), ("Subject", "Part")]
