"""Recurrent layers of Keras, with faster kernels."""

from __future__ import annotations

from typing import Any, ClassVar

import keras

from skrnn import kernels


class FastRecurrence:
    """Recurrent layer by a faster kernel, with Keras' weights, names and settings.

    Attributes
    ----------
    kernel_name : str
        Name of the kernel.
    kernel_needs_states : bool
        Whether the kernel has to be given the states before the first step, which are not zeros.
    """

    kernel_name: ClassVar[str]
    kernel_needs_states: ClassVar[bool] = False

    def call(
        self: Any,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: Any = False,
    ) -> Any:
        """Return the outputs, from the kernel if it covers the call, else from Keras."""
        run = getattr(kernels.kernels(), self.kernel_name, None)
        if run is None or mask is not None or not self._is_covered(training):
            return super().call(sequences, initial_state, mask, training)  # type: ignore[misc]
        if initial_state is None and self.kernel_needs_states:
            initial_state = self.get_initial_state(keras.ops.shape(sequences)[0])
        start = [] if initial_state is None else keras.tree.flatten(initial_state)
        outputs, states = run(sequences, *(weight.value for weight in self.cell.weights), *start)
        return (outputs, *states) if self.return_state else outputs

    def _is_covered(self: Any, training: Any) -> bool:
        """Return whether the kernel supports the settings of the layer."""
        gate = getattr(self, "recurrent_activation", keras.activations.sigmoid)
        output = getattr(self, "activation", keras.activations.tanh)
        return bool(
            self.return_sequences
            and not (self.stateful or self.go_backwards or self.unroll)
            and not (training and (getattr(self, "dropout", 0) or self.recurrent_dropout))
            and output is keras.activations.tanh
            and gate is keras.activations.sigmoid
            and getattr(self, "use_bias", True)
            and getattr(self, "reset_after", True)
            and getattr(self, "use_cudnn", "auto") == "auto"
            and self.compute_dtype == self.variable_dtype == "float32"
        )


@keras.saving.register_keras_serializable(package="skrnn")
class SimpleRNN(FastRecurrence, keras.layers.SimpleRNN):
    """``keras.layers.SimpleRNN``, faster."""

    kernel_name = "simple_rnn"


@keras.saving.register_keras_serializable(package="skrnn")
class GRU(FastRecurrence, keras.layers.GRU):
    """``keras.layers.GRU``, faster."""

    kernel_name = "gru"


@keras.saving.register_keras_serializable(package="skrnn")
class LSTM(FastRecurrence, keras.layers.LSTM):
    """``keras.layers.LSTM``, faster."""

    kernel_name = "lstm"
