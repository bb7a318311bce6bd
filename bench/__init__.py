"""The benchmark: this server against a plain proxy written with the same parts, in one go.

Not a test: nothing here passes or fails by a time. Counterpart: `docs/performance.md`, where the figures are explained.
"""
