"""Tools that the server runs itself. Not here: which tool owns a call (`engine/toolbox.py`), or the loop around it."""
