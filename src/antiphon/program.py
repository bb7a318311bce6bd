"""The program `antiphon`: it loads the command line and hands over to it.

Nothing of what a program loads is garbage, so nothing is looked for meanwhile: a tenth of the time until a server
answers. Counterpart: `cli.py`.
"""

import gc
from importlib import import_module


def main() -> int:
    """Carry out the command line. Returns the exit status."""
    gc.disable()
    cli = import_module("antiphon.cli")
    gc.enable()
    status: int = cli.main()
    return status
