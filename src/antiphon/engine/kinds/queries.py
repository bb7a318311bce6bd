"""What a model wants searched for, in whatever form it wrote it. Counterparts: the faces of searches beside this."""

from antiphon.engine.kinds.face import arguments_in

MOST_QUERIES = 4
"""Queries of one call; more are left out."""


def queries_in(arguments: str) -> list[str]:
    """The queries of a call's arguments, each once; empty where the model wrote nothing of use."""
    said = arguments_in(arguments)
    asked = said.get("query") or said.get("queries") or said.get("q") or []
    listed = asked if isinstance(asked, list) else [asked]
    queries = [query.strip() for query in listed if isinstance(query, str) and query.strip()]
    return list(dict.fromkeys(queries))[:MOST_QUERIES]
