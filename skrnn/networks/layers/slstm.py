"""LSTM with exponential input gates, sLSTM (Beck et al., 2024, arXiv:2405.04517), as a Keras layer.

The paper divides the cell c by a normalizer n, and scales both by exp(-m) so that they do not
overflow. Here the states are their quotient, a weighted mean of the candidates, and the logarithm
of n, the sum of the weights: neither overflows, and any initial state of real numbers is valid.
"""

from __future__ import annotations

from typing import Any, ClassVar

import keras
from keras import ops

from skrnn.networks.layers.time_scales import TimeScaledCell, TimeScaledLayer
from skrnn.numpy_runtime.cells import NO_WEIGHT


@keras.saving.register_keras_serializable(package="skrnn")
class SLSTMCell(TimeScaledCell, keras.layers.LSTMCell):
    """One step of an LSTM with exponential input gates.

    The states are the outputs, the weighted mean of the candidates, and the logarithm of the sum of
    their weights. The layer has the weights of an LSTM, in its order: input gate, forget gate,
    candidate, output gate.

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
    dtype, name, trainable
        Of ``keras.layers.Layer``.
    """

    gates: ClassVar[dict[str, int]] = {"n_gates": 4, "gate": 1, "updates": False}

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(units, *args, **kwargs)
        self.unit_forget_bias = False
        self.state_size = [units] * 3

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Return the outputs and the new states."""
        hidden, mean, log_weight = states
        raw = ops.matmul(inputs, self.kernel) + self.bias + self._product(hidden, training)
        enter, keep, candidate, output = ops.split(raw, 4, axis=-1)
        kept = log_weight + ops.log_sigmoid(keep)
        # Not logaddexp, whose gradient is wrong on TensorFlow where both are equal.
        log_weight = ops.logsumexp(ops.stack([kept, enter]), axis=0)
        mean = mean + ops.sigmoid(enter - kept) * (ops.tanh(candidate) - mean)
        hidden = ops.sigmoid(output) * mean
        return hidden, [hidden, mean, log_weight]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return zeros, except for the log weight, which stands for a weight of zero."""
        zeros = ops.zeros((batch_size, self.units), dtype=self.compute_dtype)
        return [zeros, zeros, zeros + NO_WEIGHT]

    def _product(self, hidden: Any, training: bool) -> Any:
        """Return the product with the recurrent kernel, after one dropout mask for each gate."""
        if not (training and self.recurrent_dropout):
            return ops.matmul(hidden, self.recurrent_kernel)
        masks = self.get_recurrent_dropout_mask(hidden)
        kernels = ops.split(self.recurrent_kernel, 4, axis=-1)
        products = [ops.matmul(hidden * mask, u) for mask, u in zip(masks, kernels, strict=True)]
        return ops.concatenate(products, axis=-1)


@keras.saving.register_keras_serializable(package="skrnn")
class SLSTM(TimeScaledLayer, keras.layers.RNN):
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
    kernel_needs_states = True

    def reset_state(self) -> None:
        """Set the states of a stateful layer to those of a new one."""
        for state, start in zip(
            self.states, self.get_initial_state(self.states[0].shape[0]), strict=True
        ):
            state.assign(start)
