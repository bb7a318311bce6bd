"""Writers of other programs' recordings: interactions become their files, or lines for a shell.

Each module writes one format. Counterparts: `importers/`, which read them; `terminal/exchange.py`, the commands.
"""
