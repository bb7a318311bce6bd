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
    "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
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
    safe = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=REL)
    return Markup(safe)  # noqa: S704 - what was just cleaned


def plain(text: str) -> Markup:
    """The text as it is, with its line breaks."""
    return Markup('<div class="plain">{}</div>').format(escape(text))
