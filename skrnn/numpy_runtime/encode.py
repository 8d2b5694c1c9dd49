"""Recurrent layers over whole sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skrnn.numpy_runtime.cells import Stage
from skrnn.numpy_runtime.weights import Array


@dataclass(frozen=True, eq=False)
class Layer:
    """A recurrent layer.

    Attributes
    ----------
    forward : Stage
        The cell that reads forward.
    backward : Stage or None
        The one that reads backward, of a bidirectional layer.
    norm : Stage or None
        Normalization of the outputs of both.
    """

    forward: Stage
    backward: Stage | None
    norm: Stage | None


def pad(sequences: Sequence[Array]) -> tuple[Array, Array]:
    """Return sequences (n_steps_i, n_features) padded with zeros, and their lengths."""
    lengths = np.array([len(sequence) for sequence in sequences])
    x = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), np.float32)
    for row, sequence in zip(x, sequences, strict=True):
        row[: len(sequence)] = sequence
    return x, lengths


def run_layers(layers: Sequence[Layer], x: Array, lengths: Array) -> tuple[Array, Array]:
    """Return the outputs of the last layer at each step of padded sequences, and at the last step.

    The last output of a backward layer is that at the first step.
    """
    rows, steps = np.arange(len(x))[:, None], np.arange(x.shape[1])
    reversed_steps = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    for layer in layers:
        outputs = _run(layer.forward, x)
        if layer.backward is not None:
            turned = _run(layer.backward, x[rows, reversed_steps])[rows, reversed_steps]
            outputs = np.concatenate([outputs, turned], axis=-1)
        x = outputs if layer.norm is None else _run(layer.norm, outputs)
    last = x[np.arange(len(x)), lengths - 1]
    if layers[-1].backward is not None:
        half = x.shape[2] // 2
        last = np.concatenate([last[:, :half], x[:, 0, half:]], axis=1)
    return x, last


def _run(stage: Stage, x: Array) -> Array:
    return np.stack([stage(x[:, step]).copy() for step in range(x.shape[1])], axis=1)
