"""LSTM with exponential input gates, sLSTM (Beck et al., 2024, arXiv:2405.04517)."""

from __future__ import annotations

from skrnn.networks.time_scales import TimeScaled
from skrnn.numpy_runtime.cells import SLSTMCell


class SLSTM(TimeScaled):
    """Stack of LSTM layers with exponential input gates, which can override what they have stored.

    sLSTM (Beck et al., 2024, arXiv:2405.04517), with one head and sigmoid forget gates, and without
    the convolution, the normalization and the projections of the paper's blocks. With the candidate
    ``z = tanh(...)``, the gates ``i = exp(...)``, ``f = sigmoid(...)`` and ``o = sigmoid(...)`` of
    a step, the cell is ``c = f c + i z``, its normalizer ``n = f n + i``, and the output
    ``h = o c / n``: a weighted mean of the candidates, so a step with a large input gate can
    override all earlier ones.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    LSTM : Long short-term memory with sigmoid gates.
    MinGRU : Faster recurrent units, whose gates do not depend on the state.

    Notes
    -----
    ``c / n`` and ``log(n)`` are stored instead of c and n, so that no gate overflows. Before the
    first step n is zero; before training, a learned initial state is c = 0 and n = 1.

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
    layer_name = "SLSTM"
