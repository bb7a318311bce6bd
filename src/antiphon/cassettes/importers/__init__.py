"""Readers of other programs' recordings, in place: nothing is converted or written.

Each module reads one format and hands out `Interaction`s. Counterpart: `open.py`, which finds the files.
"""
