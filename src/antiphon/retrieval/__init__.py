"""Files to text, text to passages, passages to vectors, and what was found into one order.

Text goes in, scored passages come out. It owns no state, and knows neither the store nor the server: who searches hands
in what was found. `extract` and `split` make passages, `embedding` says what an embedder is, `filters` and `rank` are
pure functions for a search. Not here: where passages are kept (`store/`), the tool (`tools/`).
"""
