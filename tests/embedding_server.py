"""A model server that makes embeddings of words, for tests: texts with words in common are near one another."""

import hashlib
import math
import re

from antiphon.testing import Reply, Request, status

NUMBERS = 32
MODEL = "words"


def vector_of(text: str) -> list[float]:
    """Of length 1; each word adds to one number."""
    numbers = [0.0] * NUMBERS
    for word in re.findall(r"\w+", text.lower()):
        numbers[hashlib.sha256(word.encode()).digest()[0] % NUMBERS] += 1
    length = math.sqrt(sum(number * number for number in numbers)) or 1
    return [number / length for number in numbers]


def embeddings(request: Request) -> Reply:
    """The answer to `POST /v1/embeddings`."""
    texts = request.json["input"]
    data = [{"object": "embedding", "index": n, "embedding": vector_of(text)} for n, text in enumerate(texts)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return status(200, {"object": "list", "model": MODEL, "data": data, "usage": usage})


PATHS = {"POST /v1/embeddings": embeddings}
TOML = f'[retrieval]\nembedding-model = "up/{MODEL}"\n'
