"""Minimal gated recurrent unit (Feng et al., 2024, arXiv:2410.01201)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.recurrent import Recurrent, RecurrentParameters
from skrnn.numpy_runtime.cells import MinGRUCell
from skrnn.parameters import integers, one_of, parameter, redeclared

#: Sequences of up to so many steps were learned better from biases of zero, on held-out data.
SHORT = 32
#: Longest time scale that is chosen without a setting, in steps.
LONGEST = 1024


def automatic_time_scale(network: Recurrent, n_steps: int) -> int:
    """Return the power of two that covers the steps which a layer reads, or 2 if they are few."""
    if network.conv_filters is not None:
        n_steps //= int(network.conv_strides)
    return 2 if n_steps <= SHORT else min(1 << (n_steps - 1).bit_length(), LONGEST)


class MinGRU(Recurrent):
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
    GRU, LSTM, RNN : Recurrent networks whose gates or units depend on the state.
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

    time_scale: int | str = parameter(
        default="auto",
        domain=integers(2, 2**16) | one_of("auto"),
        doc="""Longest time scale of the update gates before training, in steps. The gates of a
        layer start with time scales evenly spaced on a log scale from 2 steps to this one (after
        Tallec and Ollivier, 2018, arXiv:1804.11188), so that distant steps have gradients. 2
        starts with biases of zero. "auto" is 2 for training sequences of up to 32 steps, else the
        length of the longest one, rounded up to a power of two, at most 1,024.""",
    )

    cell = MinGRUCell
    automatic = Recurrent.automatic | {"time_scale": automatic_time_scale}

    def layer(self, units: int) -> Any:
        """Return the Keras layer."""
        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return layers.MinGRU(
            units,
            recurrent_dropout=self.recurrent_dropout,
            seed=0,
            time_scale=2 if isinstance(self.time_scale, str) else self.time_scale,
            return_sequences=True,
        )
