"""The pure middle: told replies, answers with commands. No async, no clock, no I/O, no randomness."""
