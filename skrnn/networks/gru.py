"""Gated recurrent unit (Cho et al., 2014, arXiv:1406.1078), reset after the matrix product."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent
from skrnn.numpy_runtime.cells import GRUCell


class GRU(Recurrent):
    """Stack of GRU layers, with the reset gate after the matrix product.

    Gated recurrent units (Cho et al., 2014, arXiv:1406.1078).

    Parameters
    ----------
    {parameters}

    See Also
    --------
    LSTM, RNN : Recurrent networks with other layers.
    TCN : Causal convolutions.
    """

    cell = GRUCell

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return layers.GRU(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
