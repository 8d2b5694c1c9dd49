"""LSTM with exponential input gates, sLSTM (Beck et al., 2024, arXiv:2405.04517)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.time_scales import TimeScaled
from skrnn.numpy_runtime.cells import SLSTMCell


class SLSTM(TimeScaled):
    """Stack of LSTM layers with exponential input gates, which can revise what they have stored.

    sLSTM (Beck et al., 2024, arXiv:2405.04517), with one head and sigmoid forget gates, and without
    the convolution, the normalization and the projections of the paper's blocks. With the candidate
    ``z = tanh(...)``, the gates ``i = exp(...)``, ``f = sigmoid(...)`` and ``o = sigmoid(...)`` of
    a step, the cell is ``c = f c + i z``, its normalizer ``n = f n + i``, and the output
    ``h = o c / n``: a mean of the candidates, in which a large input gate outweighs all steps
    before it.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    LSTM : Long short-term memory with sigmoid gates.
    MinGRU : Faster gates, which do not depend on the state.

    Notes
    -----
    ``c / n`` and ``log(n)`` are stored instead of c and n, so that no gate overflows. Before the
    first step n is zero; a learned initial state starts at c = 0 and n = 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceRegressor, networks
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = SequenceRegressor(network=networks.SLSTM(units=8), random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    cell = SLSTMCell

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return layers.SLSTM(
            units,
            recurrent_dropout=self.recurrent_dropout,
            seed=0,
            time_scale=self.resolved_time_scale(),
            return_sequences=True,
        )
