"""Layers for the state of a recurrent layer: where it begins, and where it goes on."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.networks.carrying import CARRIED


@keras.saving.register_keras_serializable(package="skrnn")
class InitialState(keras.layers.Layer):
    """Give all sequences of a batch one learned state to begin with, zero at first.

    Parameters
    ----------
    units : int
        Its numbers.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        """Create the state."""
        del input_shape
        self.state = self.add_weight(shape=(self.units,), initializer="zeros", name="initial_state")

    def call(self, sequence: Any) -> Any:
        """Return a state (batch, units) for each sequence (batch, n_steps, n_features)."""
        return ops.broadcast_to(self.state, (ops.shape(sequence)[0], self.units))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, units)."""
        return input_shape[0], self.units

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to build the layer again."""
        return {**super().get_config(), "units": self.units}


class Carried(keras.layers.Layer):
    """Run a recurrent layer on pieces of sequences, each from where the piece before it ended.

    While training, the states at the end of a batch are kept, and the same row of the next batch
    begins with them, unless it begins a sequence. No gradient goes through them. Otherwise every
    sequence is taken to be whole.

    Parameters
    ----------
    layer : keras.layers.RNN
        It returns its outputs at all steps.
    n_rows : int
        Rows of a batch of training.
    """

    def __init__(self, layer: Any, n_rows: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer
        self.layer.return_state = True
        self.n_rows = n_rows

    def build(self, sequence_shape: Any, *_: Any) -> None:
        """Create the weights of the layer and room for its states."""
        self.layer.build(sequence_shape)
        self.carried = [
            self.add_weight(
                shape=(self.n_rows, units), initializer="zeros", trainable=False, name=CARRIED
            )
            for units in self.layer.state_size
        ]

    def call(self, sequence: Any, begins: Any, *initial: Any, training: bool = False) -> Any:
        """Return the outputs at every step.

        Parameters
        ----------
        sequence : tensor of shape (batch, n_steps, n_features)
            Pieces, without padding where a sequence goes on after them.
        begins : tensor of shape (batch, 1)
            1 where a piece is the first of its sequence, else 0.
        *initial : tensor of shape (batch, units)
            The states before the first step of a sequence; zeros if none is given.
        """
        n = ops.shape(sequence)[0]
        if not training:
            return self.layer(sequence, initial_state=list(initial) or None)[0]
        # A device that has a part of the batch has its rows come first.
        kept = [state[:n] for state in self.carried]
        first = initial or [ops.zeros_like(state) for state in kept]
        start = [ops.where(begins > 0, *pair) for pair in zip(first, kept, strict=True)]
        outputs, *states = self.layer(sequence, initial_state=start, training=True)
        for carried, state in zip(self.carried, states, strict=True):
            carried.assign(ops.concatenate([ops.stop_gradient(state), carried[n:]]))
        return outputs

    def compute_output_shape(self, sequence_shape: Any, *_: Any) -> Any:
        """Return (batch, n_steps, units)."""
        return *sequence_shape[:2], self.layer.units
