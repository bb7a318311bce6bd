"""`antiphon replay` and `antiphon record`: a stand-in for a model API, until it is stopped.

Counterpart: `server/standin.py`, which answers.
"""

import shlex
import sys

from antiphon import __version__
from antiphon.cassettes.matching import Remedy
from antiphon.cassettes.upstreams import upstreams
from antiphon.config import Config
from antiphon.server.app import with_cors
from antiphon.server.serve import listen, run
from antiphon.server.standin import Standin, open_standin
from antiphon.terminal.serving import address, say


def stand_in(config: Config, upstream: str | None = None) -> int:
    """Replay the cassette, or record `upstream` to it. Returns 1 when a request had no answer on the tape."""
    return run(_stand_in(config, upstream))


async def _stand_in(config: Config, upstream: str | None) -> int:
    async with open_standin(config, upstream) as standin:
        standin.tape.remedy = Remedy(_remedy(config, standin))

        async def announce(port: int) -> None:
            _announce(config, standin, f"http://{address(config.host)}:{port}", upstream)

        await listen(with_cors(standin, config.cors), config, announce)
        _report(standin)
        return int(bool(standin.tape.misses))


def _remedy(config: Config, standin: Standin) -> str:
    """The command that records what is lacking, with the address that was recorded, where one is known."""
    known = upstreams(standin.tape.cassette)
    words = ["antiphon", "record", "--upstream", known[0].base_url if known else "URL", "--mode", "auto"]
    return f"`{shlex.join([*words, config.cassette or ''])}`"


def _announce(config: Config, standin: Standin, base: str, upstream: str | None) -> None:
    doing = f"records {upstream}" if upstream else "replays"
    say(f"Antiphon {__version__} at {base} {doing}")
    say(f"  cassette      {config.cassette}: {_count(len(standin.tape.cassette), 'interaction')}")
    for note in standin.tape.cassette.notes:
        say(f"  note          {note}")
    say(f"\nGive a client {base}/v1 as its base URL, or {base} where its paths begin otherwise.")


def _report(standin: Standin) -> None:
    misses, unused = len(standin.tape.misses), len(standin.tape.cassette.unused)
    done = standin.tape.faults.done
    print(
        f"{_count(standin.requests, 'request')}, {_count(misses, 'miss', 'misses')}, "
        f"{_count(unused, 'interaction')} unused" + (f", {_count(done, 'fault')}" if done else ""),
        file=sys.stderr,
    )


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
