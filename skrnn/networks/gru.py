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

        return layers.GRU(units, recurrent_dropout=self.recurrent_dropout, return_sequences=True)
