"""Record and replay of every call to the outside, at the wire.

A **cassette** is a file or a folder of **interactions**; a `CassetteTransport` is a `Transport` that keeps
or plays them. Not here: waiting and retries (`upstream/`), the answer to our own client (`server/`).
Counterpart: `docs/cassette-format.md`.
"""
