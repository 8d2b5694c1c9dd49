"""The simple recurrent network of Elman (1990, doi:10.1207/s15516709cog1402_1)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent


class RNN(Recurrent):
    """Stack simple recurrent layers: ``h = tanh(x W + h U + b)``.

    Parameters
    ----------
    {parameters}
    """

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # PyTorch would draw from its global generator without a seed of the layer's own.
        return layers.SimpleRNN(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
