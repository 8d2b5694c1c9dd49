"""A whole Keras model of a network."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import Network


def build_model(network: Network, n_steps: int | None, n_features: int, n_outputs: int) -> Any:
    """Return a Keras model from padded sequences and their lengths to ``n_outputs`` numbers.

    Parameters
    ----------
    network : Network
        The network, resolved.
    n_steps : int or None
        The length the model is built for; None for any length.
    n_features : int
        Features of a step.
    n_outputs : int
        Numbers predicted for each sequence: targets, or one logit for each class.

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
