"""Markdown of models: what is harmless stays, nothing runs, nothing is fetched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.console.markdown import LONGEST, markdown, plain

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>1</script></svg>",
    '<iframe src="https://evil.example"></iframe>',
    '<style>@import "https://evil.example/x.css"</style>',
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://evil.example/pixel.png)",
    '<a href="https://evil.example" onclick="alert(1)" ping="https://evil.example">x</a>',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<form action=https://evil.example><button>x</button></form>",
    '<p style="background:url(https://evil.example)">x</p>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "&lt;script&gt;<base href=https://evil.example>",
]
ALLOWED = re.compile(
    r"</?(p|br|hr|em|strong|s|code|pre|blockquote|ul|ol|li|h[1-6]|table|thead|tbody|tr|th|td)>|</div>"
    r'|<pre tabindex="0">|<div class="scroll" tabindex="0">|<t[hd] class="(num|mid)">'
    r'|<ol start="\d+">|<code class="[^"<>]*">|<br ?/?>|<hr ?/?>'
    r'|<a href="((https?:|mailto:)[^"<>]*|[^"<>:]*)"( title="[^"<>]*")? rel="noopener noreferrer nofollow">|<a rel="[a-z ]*">|</a>'
)


def harmless(html: str) -> bool:
    """Whether every tag is one that neither runs nor fetches anything."""
    return "<" not in ALLOWED.sub("", html)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_left(text: str) -> None:
    assert harmless(markdown(text))
    assert harmless(markdown(f"Text before\n\n{text}\n\n- {text}\n\n`{text}`"))


@given(st.lists(st.sampled_from([*HOSTILE, "*", "`", "\n", "[a](", ")", "<", ">", '"', "|", "# ", "~~"]), max_size=12))
def test_nor_of_any_mixture(parts: list[str]) -> None:
    assert harmless(markdown("".join(parts)))


def test_what_models_write_is_shown() -> None:
    html = markdown("# T\n\n**b** ~~s~~ [l](https://a.example)\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```python\nx\n```")
    for tag in ("<h1>", "<strong>", "<s>", 'href="https://a.example"', "<table>", '<code class="language-python">'):
        assert tag in html


def test_tables_scroll_and_their_columns_are_aligned() -> None:
    html = markdown("|a|b|c|\n|--:|:-:|:--|\n|1|2|3|")
    assert html.startswith('<div class="scroll" tabindex="0"><table>')
    assert '<td class="num">1</td>\n<td class="mid">2</td>\n<td>3</td>' in html
    # Nobody else can make such a place, or align anything.
    assert "&lt;div class=" in markdown('<div class="scroll" tabindex="0">')
    assert "class=" not in markdown('a style="text-align:right" b')


def test_a_very_long_text_is_shown_as_it_is() -> None:
    assert markdown("*" * (LONGEST + 1)).startswith("<pre>***")


def test_plain_text_is_escaped() -> None:
    assert plain("<b>\n") == '<div class="plain">&lt;b&gt;\n</div>'
