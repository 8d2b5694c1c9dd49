"""LSTM with exponential input gates, sLSTM (Beck et al., 2024, arXiv:2405.04517), as a Keras layer.

The paper's cell c is divided by a normalizer n, and both are scaled by exp(-m) lest they overflow.
Here the state is their quotient, a weighted mean of the candidates, and the logarithm of the
weight n: neither overflows, and any initial state of real numbers is valid.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skrnn.networks.layers.time_scales import TimeScaled, retention_biases, settings_of
from skrnn.numpy_runtime.cells import NO_WEIGHT


def gate_bias(shape: tuple[int, ...], dtype: Any = None, *, time_scale: int) -> NDArray[Any]:
    """Return biases whose forget gates have time scales from 2 to ``time_scale`` steps.

    The other biases are zero.
    """
    bias = np.zeros(shape, dtype)
    units = shape[0] // 4
    bias[units : 2 * units] = retention_biases(units, time_scale)
    return bias


@keras.saving.register_keras_serializable(package="skrnn")
class SLSTMCell(keras.layers.LSTMCell):
    """One step of an LSTM with exponential input gates.

    The states are the outputs, the weighted mean of the candidates, and the logarithm of the sum of
    their weights. The weights are those of an LSTM, with the gates i, f, c, o.

    Parameters
    ----------
    units : int
        Size of the state.
    recurrent_dropout : float, default=0.0
        Fraction of the outputs set to zero where gates and candidates read them in training, the
        same at all steps of a sequence.
    seed : int, optional
        Seed of the dropout.
    time_scale : int, default=2
        Longest time scale of the forget gates before training, in steps.
    """

    def __init__(
        self,
        units: int,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        time_scale: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            unit_forget_bias=False,
            bias_initializer=partial(gate_bias, time_scale=time_scale),
            **kwargs,
        )
        self.time_scale = time_scale
        self.state_size = [units] * 3

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Return the outputs and the new states."""
        hidden, mean, log_weight = states
        raw = ops.matmul(inputs, self.kernel) + self.bias + self._product(hidden, training)
        enter, keep, candidate, output = ops.split(raw, 4, axis=-1)
        kept = log_weight + ops.log_sigmoid(keep)
        log_weight = ops.logaddexp(kept, enter)
        mean = mean + ops.exp(enter - log_weight) * (ops.tanh(candidate) - mean)
        hidden = ops.sigmoid(output) * mean
        return hidden, [hidden, mean, log_weight]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return states of no weight, whatever the mean."""
        zeros = ops.zeros((batch_size, self.units), dtype=self.compute_dtype)
        return [zeros, zeros, zeros + NO_WEIGHT]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the cell."""
        return {**keras.layers.Layer.get_config(self), **settings_of(self)}

    def _product(self, hidden: Any, training: bool) -> Any:
        """Return the product with the recurrent kernel, after one dropout mask for each gate."""
        if not (training and self.recurrent_dropout):
            return ops.matmul(hidden, self.recurrent_kernel)
        masks = self.get_recurrent_dropout_mask(hidden)
        kernels = ops.split(self.recurrent_kernel, 4, axis=-1)
        products = [ops.matmul(hidden * mask, u) for mask, u in zip(masks, kernels, strict=True)]
        return ops.concatenate(products, axis=-1)


@keras.saving.register_keras_serializable(package="skrnn")
class SLSTM(TimeScaled, keras.layers.RNN):
    """LSTM layer with exponential input gates.

    Parameters
    ----------
    units, recurrent_dropout, seed, time_scale
        Of the cell.
    **kwargs
        Of ``keras.layers.RNN``.
    """

    cell_class = SLSTMCell
    kernel_name = "slstm"
    starts_at_zero = False
