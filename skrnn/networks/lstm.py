"""Long short-term memory (Hochreiter and Schmidhuber, 1997, doi:10.1162/neco.1997.9.8.1735)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent
from skrnn.numpy_runtime.cells import LSTMCell


class LSTM(Recurrent):
    """Stack of LSTM layers.

    Long short-term memory (Hochreiter and Schmidhuber, 1997, doi:10.1162/neco.1997.9.8.1735).

    Parameters
    ----------
    {parameters}

    See Also
    --------
    SLSTM : LSTM with exponential input gates.
    GRU, RNN : Recurrent networks with other layers.
    TCN : Causal convolutions.
    """

    cell = LSTMCell

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return layers.LSTM(
            units, recurrent_dropout=self.recurrent_dropout, seed=0, return_sequences=True
        )
