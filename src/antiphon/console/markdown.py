"""Text of models and tools as HTML that is harmless: Markdown by one library, what of it may stay by another.

No images, no styles, no handlers; a link goes to a web page, in a tab of its own that isn't told where it came from.
"""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

LONGEST = 200_000
"""Characters of a text that are read as Markdown; a longer one is shown as it is."""
TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5",
    "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "div",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
SHAPED = (
    ("<table>", '<div class="scroll" tabindex="0"><table>'),
    ("</table>", "</table></div>"),
    (' style="text-align:right"', ' class="num"'),
    (' style="text-align:center"', ' class="mid"'),
    (' style="text-align:left"', ""),
)
"""What the library writes, and what a page without inline style has for it: wide tables scroll, columns are aligned."""
ALIGNED = {"class": {"num", "mid"}}
OURS = {"div": {"class": {"scroll"}, "tabindex": {"0"}}, "td": ALIGNED, "th": ALIGNED}
SCROLLED = {"pre": {"tabindex": "0"}}
SCHEMES = {"http", "https", "mailto"}
REL = "noopener noreferrer nofollow"


@cache
def _reader() -> MarkdownIt:
    # HTML inside is escaped, not taken over, and an image is its link: neither is ever fetched.
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"]).disable("image")
    )


def markdown(text: str) -> Markup:
    """The text as HTML to be put into a page."""
    if len(text) > LONGEST:
        return Markup("<pre>{}</pre>").format(text)
    html = _reader().render(text)
    # A quotation mark in a text is an entity, so that none of these can stand in one.
    for theirs, ours in SHAPED:
        html = html.replace(theirs, ours)
    safe = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, tag_attribute_values=OURS, set_tag_attribute_values=SCROLLED,
        url_schemes=SCHEMES, link_rel=REL,
    )  # fmt: skip
    return Markup(safe)  # noqa: S704 - what was just cleaned


def plain(text: str) -> Markup:
    """The text as it is, with its line breaks."""
    return Markup('<div class="plain">{}</div>').format(escape(text))
