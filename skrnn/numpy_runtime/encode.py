"""Layers over whole sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skrnn.numpy_runtime.cells import Projected, Stage
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
        outputs = run(layer.forward, x)
        if layer.backward is not None:
            turned = run(layer.backward, x[rows, reversed_steps])[rows, reversed_steps]
            outputs = np.concatenate([outputs, turned], axis=-1)
        x = outputs if layer.norm is None else run(layer.norm, outputs)
    last = x[np.arange(len(x)), lengths - 1]
    if layers[-1].backward is not None:
        half = x.shape[2] // 2
        last = np.concatenate([last[:, :half], x[:, 0, half:]], axis=1)
    return x, last


def run(stage: Stage, x: Array) -> Array:
    """Return the outputs of a stage at each step of sequences (n, n_steps, n_features)."""
    n, n_steps = x.shape[:2]
    by_step = np.ascontiguousarray(x.transpose(1, 0, 2))
    advance: Callable[[Array], Array] = stage
    if isinstance(stage, Projected):  # one product for all steps
        projected = stage.project(by_step.reshape(n_steps * n, -1))
        by_step, advance = projected.reshape(n_steps, n, -1), stage.advance
    outputs = [advance(step).copy() for step in by_step]
    return np.array(outputs).transpose(1, 0, 2)
