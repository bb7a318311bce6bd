"""One module a kind of file: each has `read(file, name)`, which makes a document of an open file or says what's wrong.

Which module is whose stands in `extract.py`. Not here: bounds of time and memory (`extracting.py`).
"""
