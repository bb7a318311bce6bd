"""`antiphon cassette from-response`: a stored response as a cassette, to be replayed at home.

Counterpart: `server/retaking.py`, which makes it.
"""

import argparse
import asyncio
import json
from pathlib import Path

from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault, NotFound
from antiphon.server.retaking import Taken, find, retake
from antiphon.store.open import open_store
from antiphon.terminal.database import existing
from antiphon.terminal.serving import say
from antiphon.terminal.tapes import new_path

Said = argparse.Namespace


def from_response(said: Said, config: Config, environment: Environment) -> int:
    """Take a response out of the store; 1 where the cassette gives another answer than was stored."""
    out = new_path(said.out)
    asks = new_path(str(out.with_suffix(".request.json")))
    taken = asyncio.run(_take(said, config, environment, out))
    try:
        asks.write_text(json.dumps(taken.request, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise ConfigFault(f"{asks} can't be written: {error.strerror}.") from None
    say(f"{taken.interactions} interactions in {out}, and the request in {asks}")
    for line in taken.differs:
        say(f"  differs: {line}")
    say(f"\nReplay it:\n  antiphon serve --cassette {out} --mode replay")
    say(f"  curl http://127.0.0.1:8321/v1/responses -H 'content-type: application/json' -d @{asks}")
    return int(bool(taken.differs))


async def _take(said: Said, config: Config, environment: Environment, out: Path) -> Taken:
    store = await open_store(existing(config.store_url))
    try:
        kept = await find(store, said.project, said.response)
    except NotFound as fault:
        raise ConfigFault(
            f"{fault.message} Looked for in {config.store_url}, project {said.project!r} (--db, --project)."
        ) from None
    finally:
        await store.close()
    return await retake(kept, config, environment, out)
