"""Decoders of a horizon, step by step or in parallel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.networks.layers.mingru import MinGRUCell
from skrnn.networks.layers.slstm import SLSTMCell

_CELLS = {
    "rnn": keras.layers.SimpleRNNCell,
    "gru": keras.layers.GRUCell,
    "lstm": keras.layers.LSTMCell,
    "mingru": MinGRUCell,
    "slstm": SLSTMCell,
}


@keras.saving.register_keras_serializable(package="skrnn")
class RecurrentDecoder(keras.layers.Layer):
    """Recurrent decoder over a horizon, whose input is the previous value.

    In training, the previous value is the true one (teacher forcing; Williams and Zipser,
    1989, doi:10.1162/neco.1989.1.2.270), so that all steps run in one pass; otherwise it is the
    decoder's own.

    Parameters
    ----------
    cell : {"rnn", "gru", "lstm", "mingru", "slstm"}
        Type of the cell.
    units : int
        Units of the cell.
    n_targets, n_parameters : int
        Values per step, and raw outputs per value, of which the first is fed back.
    starts_at_zero : bool
        Whether raw outputs are zero before training.
    """

    def __init__(
        self,
        cell: str,
        units: int,
        n_targets: int,
        n_parameters: int,
        *,
        starts_at_zero: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.starts_at_zero = starts_at_zero
        self.kind = cell
        self.units = units
        self.n_targets = n_targets
        self.n_parameters = n_parameters
        self.cell = _CELLS[cell](units)
        self.recurrent = keras.layers.RNN(self.cell, return_sequences=True)
        n_states = len(keras.tree.flatten(self.cell.state_size))
        self.starts = [keras.layers.Dense(units, activation="tanh") for _ in range(n_states)]
        start = "zeros" if starts_at_zero else "glorot_uniform"
        self.head = keras.layers.Dense(n_targets * n_parameters, kernel_initializer=start)

    def build(self, features_shape: Any, teacher_shape: Any, known_shape: Any) -> None:
        """Create the weights of the cell, its initial state and the output."""
        for start in self.starts:
            start.build(features_shape)
        width = teacher_shape[-1] + known_shape[-1]
        self.recurrent.build((features_shape[0], teacher_shape[1], width))
        self.head.build((features_shape[0], self.units))

    def call(self, features: Any, teacher: Any, known: Any, training: bool = False) -> Any:
        """Return raw outputs (batch, horizon, n_targets, n_parameters).

        Parameters
        ----------
        features : tensor of shape (batch, n_features)
            Features of the encoder.
        teacher : tensor of shape (batch, horizon, n_targets)
            Previous value of each step; only the first one is used outside training.
        known : tensor of shape (batch, horizon, n_known)
            Known covariates of each step; their number may be zero.
        """
        states = [start(features) for start in self.starts]
        if training:
            steps = ops.concatenate([teacher, known], axis=-1)
            raw = self.head(self.recurrent(steps, initial_state=states))
        else:
            raw = self._unrolled(states, teacher[:, 0], known)
        shape = (-1, teacher.shape[1], self.n_targets, self.n_parameters)
        return ops.reshape(raw, shape)

    def _unrolled(self, states: list[Any], first: Any, known: Any) -> Any:
        def step(carry: Any, known_now: Any) -> Any:
            states, value = carry
            output, states = self.cell(ops.concatenate([value, known_now], axis=-1), states)
            raw = ops.reshape(self.head(output), (-1, self.n_targets, self.n_parameters))
            carry = list(states), raw[..., 0]
            return carry, carry  # on TensorFlow, Keras returns only the carry of each step

        _, (states, _) = ops.scan(step, (states, first), xs=ops.transpose(known, (1, 0, 2)))
        return self.head(ops.transpose(states[0], (1, 0, 2)))

    def compute_output_shape(
        self, features_shape: Any, teacher_shape: Any, known_shape: Any = None
    ) -> Any:
        """Return (batch, horizon, n_targets, n_parameters)."""
        return features_shape[0], teacher_shape[1], self.n_targets, self.n_parameters

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {
            **super().get_config(),
            "cell": self.kind,
            "units": self.units,
            "n_targets": self.n_targets,
            "n_parameters": self.n_parameters,
            "starts_at_zero": self.starts_at_zero,
        }


@keras.saving.register_keras_serializable(package="skrnn")
class ParallelDecoder(keras.layers.Layer):
    """Parallel decoder: one GRU step from the same state for each position of the horizon.

    The input of a step is a learned embedding of its position and its known covariates. All
    positions run in one pass (SegRNN; Lin et al., 2023, arXiv:2308.11200).

    Parameters
    ----------
    n_positions : int
        Positions ahead.
    """

    def __init__(self, n_positions: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_positions = n_positions

    def build(self, state_shape: Any, known_shape: Any) -> None:
        """Create the cell, the embedding of positions and the input layer of covariates."""
        units = state_shape[-1]
        self.cell = keras.layers.GRUCell(units)
        self.cell.build((None, units))
        self.positions = self.add_weight(
            shape=(self.n_positions, units), initializer="random_normal", name="positions"
        )
        self.entry = keras.layers.Dense(units, use_bias=False)
        if known_shape[-1]:
            self.entry.build(known_shape)

    def call(self, state: Any, known: Any) -> Any:
        """Return states (batch, n_positions, units) from (batch, units).

        ``known`` has the shape (batch, n_positions, n_known); its width may be zero.
        """
        units = state.shape[-1]
        shape = (ops.shape(state)[0], self.n_positions, units)
        steps = ops.broadcast_to(ops.expand_dims(self.positions, 0), shape)
        if known.shape[-1]:
            steps = steps + self.entry(known)
        states = ops.broadcast_to(ops.expand_dims(state, 1), shape)
        output, _ = self.cell(ops.reshape(steps, (-1, units)), [ops.reshape(states, (-1, units))])
        return ops.reshape(output, (-1, self.n_positions, units))

    def compute_output_shape(self, state_shape: Any, known_shape: Any = None) -> Any:
        """Return (batch, n_positions, units)."""
        return state_shape[0], self.n_positions, state_shape[-1]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer."""
        return {**super().get_config(), "n_positions": self.n_positions}
