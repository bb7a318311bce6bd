"""Writes requests as commands of curl, to be tried by hand. Keys aren't on a tape: they stand as variables.

Pure. Counterpart: `terminal/exchange.py`.
"""

import shlex

from antiphon.cassettes.interaction import Interaction

STREAMS = (b'"stream":true', b'"stream": true')


def command(interaction: Interaction) -> str:
    """One request as a command for a POSIX shell, on several lines."""
    asked = interaction.asked
    words = [f"curl {shlex.quote(asked.url)}"]
    if asked.method != ("POST" if asked.body else "GET"):
        words.append(f"-X {asked.method}")
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in asked.headers.items()]
    if asked.url.startswith("https:"):
        words.append(f'-H "{_authorization(asked.url, asked.path)}"')
    if any(mark in asked.body for mark in STREAMS):
        words.append("--no-buffer")
    try:
        text = asked.body.decode() if b"\0" not in asked.body else ""
    except UnicodeDecodeError:
        text = ""
    lines = " \\\n  ".join([*words, *([f"--data-raw {shlex.quote(text)}"] if text else [])])
    if asked.body and not text:
        # No argument holds bytes that are no text.
        octal = "".join(f"\\{byte:03o}" for byte in asked.body)
        return f"printf '{octal}' | {lines} \\\n  --data-binary @-\n"
    return f"{lines}\n"


def _authorization(url: str, path: str) -> str:
    """The header that the API wants its key in."""
    if path.startswith("/v1/messages"):
        return "x-api-key: $ANTHROPIC_API_KEY"
    if "generativelanguage.googleapis.com" in url:
        return "x-goog-api-key: $GEMINI_API_KEY"
    return "authorization: Bearer $OPENAI_API_KEY"
