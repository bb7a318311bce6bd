"""Markdown: the text stays the file's, and its blocks are told by a parser."""

from retrieval_outline import outline, read

TEXT = """---
title: x
---
# One *two*

para
more

- item
  - nested
1. num

| a | b |
|---|---|
| 1 | 2 |

```py
# code

x
```
Sub
---
<div>raw</div>
"""


def test_blocks_of_every_kind() -> None:
    document = read("a.md", TEXT)
    assert document.text == TEXT
    assert outline(document) == [
        ("code", "", "---\ntitle: x\n---"),
        ("heading", "One two", "# One *two*"),
        ("paragraph", "One two", "para\nmore"),
        ("item", "One two", "- item"),
        ("item", "One two", "- nested"),
        ("item", "One two", "1. num"),
        ("row", "One two", "| a | b |\n|---|---|"),
        ("row", "One two", "| 1 | 2 |"),
        ("code", "One two", "```py\n# code\n\nx\n```"),
        ("heading", "One two > Sub", "Sub\n---"),
        ("paragraph", "One two > Sub", "<div>raw</div>"),
    ]
