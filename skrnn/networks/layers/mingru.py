"""Minimal gated recurrent unit (Feng et al., 2024, arXiv:2410.01201) as a Keras layer."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
from keras import ops

from skrnn.networks.layers.time_scales import (
    TimeScaledLayer,
    biases_by_time_scale,
    settings_of,
)


@keras.saving.register_keras_serializable(package="skrnn")
class MinGRUCell(keras.layers.SimpleRNNCell):
    """One step of a minimal gated recurrent unit.

    Update gate z and candidate c depend on the inputs alone. The state h becomes
    ``(1 - z) h + z g(c)``, where ``g(c)`` is ``c + 0.5`` if c is not negative, else its sigmoid.

    Parameters
    ----------
    units : int
        Size of the state.
    recurrent_dropout : float, default=0.0
        Fraction of the outputs set to zero in training, the same at all steps of a sequence.
    seed : int, optional
        Seed of the dropout.
    time_scale : int, default=2
        Longest time scale of the units before training, in steps.
    dtype, name, trainable
        Of ``keras.layers.Layer``.
    """

    def __init__(
        self,
        units: int,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        time_scale: int = 2,
        *,
        dtype: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        shared = {"dtype": dtype, "name": name, "trainable": trainable}
        # The base class has the dropout masks that Keras' RNN layers draw before their loop.
        super().__init__(units, recurrent_dropout=recurrent_dropout, seed=seed, **shared)
        self.time_scale = time_scale

    def build(self, input_shape: Any) -> None:
        """Create the weights of gate and candidate."""
        self.kernel = self.add_weight(shape=(input_shape[-1], 2 * self.units), name="kernel")
        initializer = partial(
            biases_by_time_scale, n_gates=2, update_gate=0, time_scale=self.time_scale
        )
        self.bias = self.add_weight(shape=(2 * self.units,), initializer=initializer, name="bias")

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Return the outputs and the new state."""
        (hidden,) = states if isinstance(states, list | tuple) else (states,)
        raw = ops.matmul(inputs, self.kernel) + self.bias
        update, candidate = ops.sigmoid(raw[:, : self.units]), raw[:, self.units :]
        candidate = ops.where(candidate >= 0, candidate + 0.5, ops.sigmoid(candidate))
        hidden = hidden + update * (candidate - hidden)
        mask = self.get_recurrent_dropout_mask(hidden) if training else None
        return hidden if mask is None else hidden * mask, [hidden]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the cell."""
        return {**keras.layers.Layer.get_config(self), **settings_of(self)}


@keras.saving.register_keras_serializable(package="skrnn")
class MinGRU(TimeScaledLayer, keras.layers.RNN):
    """Layer of minimal gated recurrent units.

    Parameters
    ----------
    units, recurrent_dropout, seed, time_scale
        Of the cell.
    **kwargs
        Of ``keras.layers.RNN``.
    """

    cell_class = MinGRUCell
    kernel_name = "min_gru"
