"""Minimal gated recurrent unit (Feng et al., 2024, arXiv:2410.01201)."""

from __future__ import annotations

from skrnn.networks.recurrent import RecurrentParameters
from skrnn.networks.time_scales import TimeScaled
from skrnn.numpy_runtime.cells import MinGRUCell
from skrnn.parameters import redeclared


class MinGRU(TimeScaled):
    """Stack of minimal gated recurrent units, whose gates depend on their inputs alone.

    minGRU (Feng et al., 2024, arXiv:2410.01201). With the update gate
    ``z = sigmoid(W_z x + b_z)`` and the candidate ``c = W_c x + b_c`` of a step, the state h
    becomes ``(1 - z) h + z g(c)``, where ``g(c)`` is ``c + 0.5`` if c is not negative, else its
    sigmoid. The recurrence has no product of matrices, so an epoch of a layer takes less time than
    that of a GRU. The gates of one layer do not depend on earlier steps; those of the layers after
    it do, so the default is two.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    GRU, LSTM, SLSTM, RNN : Recurrent networks whose gates or units depend on the state.
    TCN : Causal convolutions.

    Notes
    -----
    As no gate reads the state, ``recurrent_dropout`` has one mask, which is applied to the outputs
    of a layer.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceRegressor, networks
    >>> X = np.random.default_rng(0).normal(size=(64, 12, 2))  # 64 sequences, 12 steps
    >>> y = X[:, -3:, 0].mean(axis=1)
    >>> model = SequenceRegressor(network=networks.MinGRU(units=8), random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    n_layers: int = redeclared("n_layers", of=RecurrentParameters, default=2)

    cell = MinGRUCell
    layer_name = "MinGRU"
