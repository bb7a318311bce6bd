"""The embedding process from inside: texts in, the bytes of a matrix out."""

import msgspec
import numpy as np

from antiphon.retrieval.builtin import model_folder
from antiphon.retrieval.embed_process import reply
from antiphon.retrieval.minilm import MiniLM


def test_texts_are_answered_by_a_matrix() -> None:
    model = MiniLM(model_folder())
    said = reply(model, msgspec.msgpack.encode(["salt", "pepper"]))
    assert np.array_equal(np.frombuffer(said, np.float32).reshape(2, 384), model.vectors(["salt", "pepper"]))
