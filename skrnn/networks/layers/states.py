"""States of recurrent layers: learned initial states, and states carried from batch to batch."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.networks.wrappers.stateful import CARRIED_STATE


@keras.saving.register_keras_serializable(package="skrnn")
class InitialState(keras.layers.Layer):
    """Learned initial state, zero before training.

    Parameters
    ----------
    units : int
        Size of the state.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        """Create the state."""
        self.state = self.add_weight(shape=(self.units,), initializer="zeros", name="initial_state")

    def call(self, sequence: Any) -> Any:
        """Return a state (batch, units) for each sequence (batch, n_steps, n_features)."""
        return ops.broadcast_to(self.state, (ops.shape(sequence)[0], self.units))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, units)."""
        return input_shape[0], self.units

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "units": self.units}


class StatefulRNN(keras.layers.Layer):
    """Recurrent layer on chunks of sequences, with the state carried between chunks.

    In training, the final states of a batch are the initial states of the same rows of the next
    batch, unless a sequence begins there. No gradient flows through them. Otherwise every
    sequence counts as complete.

    Parameters
    ----------
    layer : keras.layers.RNN
        Layer with ``return_sequences=True``.
    n_rows : int
        Rows of a training batch.
    """

    def __init__(self, layer: Any, n_rows: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer
        self.layer.return_state = True
        self.n_rows = n_rows

    def build(self, sequence_shape: Any, *_: Any) -> None:
        """Create the weights of the layer and the variables of its states."""
        self.layer.build(sequence_shape)
        self.carried = [
            self.add_weight(
                shape=(self.n_rows, units), initializer="zeros", trainable=False, name=CARRIED_STATE
            )
            for units in self.layer.state_size
        ]

    def call(self, sequence: Any, begins: Any, *initial: Any, training: bool = False) -> Any:
        """Return the outputs at every step.

        Parameters
        ----------
        sequence : tensor of shape (batch, n_steps, n_features)
            Chunks, without padding except at the end of a sequence.
        begins : tensor of shape (batch, 1)
            1 for the first chunk of a sequence, else 0.
        *initial : tensor of shape (batch, units)
            Initial states of a sequence; those of the layer by default.
        """
        n = ops.shape(sequence)[0]
        if not training:
            return self.layer(sequence, initial_state=list(initial) or None)[0]
        # A device with a part of the batch has the states of its rows first.
        kept = [state[:n] for state in self.carried]
        first = initial or self.layer.get_initial_state(n)
        start = [ops.where(begins > 0, *pair) for pair in zip(first, kept, strict=True)]
        outputs, *states = self.layer(sequence, initial_state=start, training=True)
        for carried, state in zip(self.carried, states, strict=True):
            carried.assign(ops.concatenate([ops.stop_gradient(state), carried[n:]]))
        return outputs

    def compute_output_shape(self, sequence_shape: Any, *_: Any) -> Any:
        """Return (batch, n_steps, units)."""
        return self.layer.compute_output_shape(sequence_shape)[0]
