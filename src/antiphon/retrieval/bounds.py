"""How much is read out of one file. What goes beyond gets an error that names the file and the bound.

Not here: seconds and memory of the process that reads (`extracting.py`).
"""

MIB = 1 << 20
MOST_CHARACTERS = 20_000_000
"""Of text in all: about what five million tokens are."""
MOST_TEXT_BYTES = 64 * MIB
"""Of a file that is text itself."""
MOST_PAGES = 5_000
MOST_ENTRIES = 20_000
"""Files in an archive; a document of Office is one, and so is an EPUB."""
MOST_UNPACKED = 256 * MIB
"""What an archive may hold, unpacked."""
MOST_CELLS = 5_000_000
"""Of a workbook."""
