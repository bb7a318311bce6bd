"""`antiphon worker`: carries out runs in the background, those of all servers over one database, and serves nothing.

Not here: which run is taken up and how (`runner/worker.py`). Counterpart: `serving.py`.
"""

import asyncio
import signal

from antiphon import __version__
from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.server.app import build_app
from antiphon.server.serve import run
from antiphon.server.services import open_services
from antiphon.store.open import POSTGRES
from antiphon.terminal.serving import say


def work_here(config: Config, environment: Environment) -> int:
    """Work until stopped. Raises `ConfigFault` for a database that no server can share."""
    if not config.store_url.startswith(POSTGRES):
        raise ConfigFault(
            f"A worker needs a database that servers share with it, and {config.store_url} can't be shared. "
            "Name one with --db postgresql://USER@HOST/NAME; without a worker, `antiphon serve` does everything itself."
        )
    run(_work(config, environment))
    return 0


async def _work(config: Config, environment: Environment) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with open_services(config, environment) as services:
        build_app(services)  # Puts together what runs are made ready with.
        services.worker.start()
        say(f"Antiphon {__version__} works for {config.store_url.rpartition('@')[2]}")
        await told.wait()
        services.worker.retire()
        # What is still under way then is handed over when all is closed.
        await services.worker.over(config.stop_grace)
