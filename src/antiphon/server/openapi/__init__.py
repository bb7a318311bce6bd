"""The API as a document that programs read: OpenAPI 3.1, made from the route table and the structs of the wire.

Not here: who serves it (`routes/openapi.py`).
"""
