"""Long short-term memory (Hochreiter and Schmidhuber, 1997, doi:10.1162/neco.1997.9.8.1735)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent


class LSTM(Recurrent):
    """Stack LSTM layers, whose gates decide what their cells keep, forget and show.

    Parameters
    ----------
    {parameters}
    """

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # PyTorch would draw from its global generator without a seed of the layer's own.
        return layers.LSTM(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
