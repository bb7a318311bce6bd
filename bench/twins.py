"""Two servers in one process and on one event loop, the second with more switched on than the first.

Servers started apart lie in memory differently, by luck, and that alone makes a tenth of their CPU time; these
two share the code, the heap and the caches, so what one takes more is what it does more.

    python -m bench.twins --flags "--upstream mock=http://127.0.0.1:9000/v1" --ports 8001 8002 --more "--metrics" /tmp/a

Counterpart: `seen.py`, which loads them in turn. Ended by a signal, without ceremony.
"""

import argparse
import asyncio
import shlex
from pathlib import Path

from antiphon.cli import OWN, parser
from antiphon.config import Environment, load
from antiphon.server import large_pages
from antiphon.server.app import build_app
from antiphon.server.serve import listen, run
from antiphon.server.services import open_services


async def serve(flags: str) -> None:
    """One server with the flags of `antiphon serve`, until a signal ends it."""
    said = vars(parser().parse_args(["serve", *shlex.split(flags)]))
    config = load({name: value for name, value in said.items() if name not in OWN}, {}, Path.cwd())
    async with open_services(config, Environment(variables={})) as services:
        app = build_app(services)
        services.worker.start()
        await listen(app, config, _ready)


async def _ready(_: int) -> None:
    """As a server does that stands alone."""
    large_pages.move()


async def both(servers: list[str]) -> None:
    """Until one of them ends."""
    tasks = [asyncio.create_task(serve(flags)) for flags in servers]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def main() -> None:
    """Serve."""
    options = argparse.ArgumentParser(prog="bench.twins", description="Two servers in one process.")
    options.add_argument("folder", type=Path, help="where each has a folder of its own")
    options.add_argument("--flags", required=True, help="of both")
    options.add_argument("--ports", required=True, type=int, nargs=2)
    options.add_argument("--more", default="", help="flags of the second")
    said = options.parse_args()
    for port in said.ports:
        (said.folder / str(port)).mkdir()
    servers = [
        f"--port {port} --db sqlite:///{said.folder.resolve() / str(port)}/antiphon.db {said.flags} {more}"
        for port, more in zip(said.ports, ("", said.more), strict=True)
    ]
    run(both(servers))


if __name__ == "__main__":
    main()
