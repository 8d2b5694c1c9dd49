"""Simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent
from skrnn.numpy_runtime.cells import SimpleCell


class RNN(Recurrent):
    """Stack of simple recurrent layers, ``h = tanh(x W + h U + b)``.

    Simple recurrent network (Elman, 1990, doi:10.1207/s15516709cog1402_1).

    Parameters
    ----------
    {parameters}

    See Also
    --------
    GRU, LSTM : Recurrent networks with gates.
    TCN : Causal convolutions.
    """

    cell = SimpleCell

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return layers.SimpleRNN(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
