"""The small model for embeddings, all-MiniLM-L6-v2, run in numpy: texts in, unit vectors of 384 numbers out.

A transformer of the BERT kind: embeddings, six layers of attention and feed-forward, then the mean over a text's
pieces. The model reads `WINDOW` pieces at once; a longer text is read window by window, and its vector is the mean of
theirs, each by its pieces. Texts of like length are computed together. Not here: where its weights come from, and off
which thread it stays (`builtin.py`). Source: Devlin et al., NAACL 2019; Reimers and Gurevych, EMNLP 2019; the model's
card at huggingface.co/sentence-transformers/all-MiniLM-L6-v2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from antiphon.retrieval.embedding import Vectors

DIMENSION, HEADS, LAYERS = 384, 12, 6
WINDOW = 256
"""Pieces read at once, its two marks included: as the model's own settings have it."""
FIRST, LAST = 101, 102
"""The marks round a text."""
BATCH = 1024
"""Pieces computed together: more of them make nothing faster."""
CACHED = 32_768
"""Numbers that are passed over several times at once."""
FLATTEST = 1e-12
"""Added to a variance, so that nothing is divided by zero. As the model's own settings have it."""
BY_HEAD, TURNED = (0, 2, 1, 3), (0, 2, 3, 1)
FAR = -1e9
"""The score of a piece that isn't there."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces of one text, by their numbers in the vocabulary."""

    text: int
    pieces: Sequence[int]


class MiniLM:
    """The model in memory, about 90 MB. `vectors` computes on the thread that calls it."""

    model = "all-MiniLM-L6-v2"
    dimension = DIMENSION

    def __init__(self, folder: Path, window: int = WINDOW) -> None:
        self._window = window
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._weights = load_file(folder / "model.safetensors")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A row a text, of length 1."""
        sums = np.zeros((len(texts), DIMENSION), np.float32)
        for batch in _batches(self._windows(texts)):
            means = self._means(batch)
            for window, mean in zip(batch, means, strict=True):
                sums[window.text] += mean * len(window.pieces)
        return _unit(sums)

    def _windows(self, texts: Sequence[str]) -> Iterator[Window]:
        inside = self._window - 2
        for number, encoded in enumerate(self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)):
            pieces = encoded.ids
            for start in range(0, max(len(pieces), 1), inside):
                yield Window(number, [FIRST, *pieces[start : start + inside], LAST])

    def _means(self, batch: Sequence[Window]) -> Floats:
        """A row a window: the mean over its pieces, of length 1."""
        width = max(len(window.pieces) for window in batch)
        numbers = np.zeros((len(batch), width), np.int64)
        there = np.zeros((len(batch), width), np.float32)
        for row, window in enumerate(batch):
            numbers[row, : len(window.pieces)] = window.pieces
            there[row, : len(window.pieces)] = 1
        state = self._embedded(numbers)
        hidden = ((1 - there) * FAR).astype(np.float32)[:, None, None, :]
        for layer in range(LAYERS):
            state = self._layer(f"encoder.layer.{layer}", state, hidden)
        means: Floats = (state * there[:, :, None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
        return _unit(means)

    def _embedded(self, numbers: NDArray[np.int64]) -> Floats:
        weights, name = self._weights, "embeddings"
        words = weights[f"{name}.word_embeddings.weight"][numbers]
        places = weights[f"{name}.position_embeddings.weight"][: numbers.shape[1]]
        kind = weights[f"{name}.token_type_embeddings.weight"][0]
        return _normed(weights, f"{name}.LayerNorm", words + places + kind)

    def _layer(self, name: str, state: Floats, hidden: Floats) -> Floats:
        weights = self._weights
        heard = _linear(
            weights, f"{name}.attention.output.dense", self._attended(f"{name}.attention.self", state, hidden)
        )
        state = _normed(weights, f"{name}.attention.output.LayerNorm", heard + state)
        wide = _gelu(_linear(weights, f"{name}.intermediate.dense", state))
        return _normed(weights, f"{name}.output.LayerNorm", _linear(weights, f"{name}.output.dense", wide) + state)

    def _attended(self, name: str, state: Floats, hidden: Floats) -> Floats:
        """What each piece takes of the others: a mean of their values, weighted by how well they answer it."""
        texts, width, _ = state.shape
        query, key, value = (
            _linear(self._weights, f"{name}.{part}", state).reshape(texts, width, HEADS, -1).transpose(order)
            for part, order in (("query", BY_HEAD), ("key", TURNED), ("value", BY_HEAD))
        )
        # Products of many small matrices are only fast where each lies in one piece.
        scores = np.ascontiguousarray(query) @ np.ascontiguousarray(key)
        scores *= np.float32((DIMENSION / HEADS) ** -0.5)
        scores += hidden
        scores -= scores.max(axis=3, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=3, keepdims=True)
        return (scores @ np.ascontiguousarray(value)).transpose(BY_HEAD).reshape(texts, width, DIMENSION)


def _batches(windows: Iterator[Window]) -> Iterator[list[Window]]:
    """Windows of like length together, as many as make `BATCH` pieces with what fills them up."""
    batch: list[Window] = []
    for window in sorted(windows, key=lambda window: -len(window.pieces)):
        if batch and (len(batch) + 1) * len(batch[0].pieces) > BATCH:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _unit(rows: Floats) -> Floats:
    made: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), FLATTEST)
    return made


def _linear(weights: Mapping[str, Any], name: str, state: Floats) -> Floats:
    rows = state.reshape(-1, state.shape[-1]) @ weights[f"{name}.weight"].T
    rows += weights[f"{name}.bias"]
    made: Floats = rows.reshape(*state.shape[:-1], -1)
    return made


def _normed(weights: Mapping[str, Any], name: str, state: Floats) -> Floats:
    state = state - state.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(state).mean(axis=-1, keepdims=True) + FLATTEST)
    normed: Floats = state / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return normed


def _gelu(state: Floats) -> Floats:
    """Each number by the part of a normal distribution below it, in place, and a piece at a time that a cache holds."""
    numbers = state.reshape(-1)
    for start in range(0, len(numbers), CACHED):
        piece = numbers[start : start + CACHED]
        piece *= (_error_function(piece * np.float32(0.5**0.5)) + np.float32(1)) * np.float32(0.5)
    return state


def _error_function(numbers: Floats) -> Floats:
    """To 1.5e-7, by formula 7.1.26 of Abramowitz and Stegun: numpy has none, and float32 shows no more."""
    size = np.abs(numbers)
    rate = np.reciprocal(size * np.float32(0.3275911) + np.float32(1))
    tail = rate * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(factor)
        tail *= rate
    np.square(size, out=size)
    np.negative(size, out=size)
    tail *= np.exp(size, out=size)
    made: Floats = np.copysign(np.float32(1) - tail, numbers)
    return made
