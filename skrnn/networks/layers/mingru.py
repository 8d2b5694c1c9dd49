"""Minimal gated recurrent unit (Feng et al., 2024, arXiv:2410.01201) as a Keras layer."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
from keras import ops

from skrnn.networks.layers.time_scales import TimeScaledCell, TimeScaledLayer


@keras.saving.register_keras_serializable(package="skrnn")
class MinGRUCell(TimeScaledCell, keras.layers.SimpleRNNCell):
    """One step of a minimal gated recurrent unit.

    Keras' cell has the dropout masks that RNN layers draw before their loop.

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

    gates: ClassVar[dict[str, int]] = {"n_gates": 2, "gate": 0, "updates": True}

    def build(self, input_shape: Any) -> None:
        """Create the weights of gate and candidate."""
        self.kernel = self.add_weight(shape=(input_shape[-1], 2 * self.units), name="kernel")
        shape = (2 * self.units,)
        self.bias = self.add_weight(shape=shape, initializer=self.bias_initializer, name="bias")

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Return the outputs and the new state."""
        (hidden,) = states if isinstance(states, list | tuple) else (states,)
        raw = ops.matmul(inputs, self.kernel) + self.bias
        update, candidate = ops.sigmoid(raw[:, : self.units]), raw[:, self.units :]
        candidate = ops.where(candidate >= 0, candidate + 0.5, ops.sigmoid(candidate))
        hidden = hidden + update * (candidate - hidden)
        mask = self.get_recurrent_dropout_mask(hidden) if training else None
        return hidden if mask is None else hidden * mask, [hidden]


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
