"""Keras model of a network, as compiled models compile it."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import ModelBuilder


def build_model(network: ModelBuilder, n_steps: int | None, n_features: int, n_outputs: int) -> Any:
    """Return a Keras model from padded sequences and their lengths to ``n_outputs`` numbers.

    Parameters
    ----------
    network : ModelBuilder
        Network, or a model around it, with its automatic settings fixed.
    n_steps : int or None
        Length of the sequences; None for any length.
    n_features : int
        Features of a step.
    n_outputs : int
        Outputs per sequence: targets, or one logit per class.

    Returns
    -------
    keras.Model
        Inputs ``sequences`` float (batch, n_steps, n_features) and ``lengths`` int
        (batch,); output float (batch, n_outputs).
    """
    import keras

    sequences = keras.Input((n_steps, n_features), name="sequences")
    lengths = keras.Input((), dtype="int32", name="lengths")
    return keras.Model([sequences, lengths], network.outputs(sequences, lengths, n_outputs))
