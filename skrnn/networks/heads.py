"""The last layer of a network, and a whole Keras model around an encoder."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import Network


def build_model(network: Network, n_steps: int | None, n_features: int, n_outputs: int) -> Any:
    """Return a Keras model from padded sequences and their lengths to ``n_outputs`` numbers.

    Parameters
    ----------
    network : Network
        The encoder, resolved.
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

    Raises
    ------
    ValueError
        If the encoder does not return one vector for each sequence.
    """
    import keras

    sequences = keras.Input((n_steps, n_features), name="sequences")
    lengths = keras.Input((), dtype="int32", name="lengths")
    features = network.encode(sequences, lengths)
    shape = tuple(getattr(features, "shape", ()))
    if len(shape) != 2:
        raise ValueError(
            f"the network returned a tensor of shape {shape}; it has to return one vector for "
            "each sequence, (batch, n_features): pool over the steps at its end."
        )
    outputs = keras.layers.Dense(n_outputs, name="outputs")(features)
    return keras.Model([sequences, lengths], outputs)
