"""Gated recurrent unit (Cho et al., 2014, arXiv:1406.1078), reset after the matrix product."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent


class GRU(Recurrent):
    """Stack GRU layers, in the form that resets after the matrix product.

    Parameters
    ----------
    {parameters}
    """

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # PyTorch would draw from its global generator without a seed of the layer's own.
        return layers.GRU(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
