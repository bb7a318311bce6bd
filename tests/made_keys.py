"""Keys as an operator makes them, at the command line, and what a test says with them."""

import contextlib
import io
from typing import Any

import openai

from antiphon.cli import main


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"authorization": f"Bearer {key}"}


def id_in(key: str) -> str:
    """Its public part, by which the commands know it."""
    return key.split("-")[2]


def client_for(url: str, key: str) -> Any:
    """The official client with this key; it doesn't try again."""
    return openai.OpenAI(base_url=url, api_key=key, max_retries=0)


class Operator:
    """Types `antiphon keys …` for one database; gives what came on standard output."""

    def __init__(self, db: str) -> None:
        self.db = db
        self.errors = ""

    def keys(self, *words: str, status: int = 0) -> str:
        """Carry a command out, which must end with this status."""
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            assert main(["keys", words[0], "--db", self.db, *words[1:]], {}) == status
        self.errors = errors.getvalue()
        return out.getvalue()

    def key(self, project: str, *words: str) -> str:
        """A new key."""
        return self.keys("create", "--project", project, *words).splitlines()[0]
