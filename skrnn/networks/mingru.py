"""Minimal gated recurrent unit (Feng et al., 2024, arXiv:2410.01201)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent
from skrnn.numpy_runtime.cells import MinGRUCell


class MinGRU(Recurrent):
    """Stack of minimal gated recurrent units, whose gates depend on their inputs alone.

    minGRU (Feng et al., 2024, arXiv:2410.01201). With the update gate
    ``z = sigmoid(W_z x + b_z)`` and the candidate ``c = W_c x + b_c`` of a step, the state h
    becomes ``(1 - z) h + z g(c)``, where ``g(c)`` is ``c + 0.5`` if c is not negative, else its
    sigmoid. No product with the state is in the recurrence, so an epoch takes
    a fraction of the time of a GRU. Only with several layers can a gate depend
    on earlier steps.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    GRU, LSTM, RNN : Recurrent networks whose gates or units depend on the state.
    TCN : Causal convolutions.

    Notes
    -----
    As no gate reads the state, ``recurrent_dropout`` has one mask, which is applied to the outputs
    of a layer.
    """

    cell = MinGRUCell

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return layers.MinGRU(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
