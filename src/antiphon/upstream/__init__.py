"""Asking model servers: which one has a model, how to ask it, and what its stream says.

Not here: what the chunks mean (`engine/turn.py`) and sockets (`transport.py`).
Counterpart: `engine/commands.py`, whose `CallUpstream` is carried out here.
"""
