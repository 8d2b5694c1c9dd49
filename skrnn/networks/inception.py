"""InceptionTime's network (Ismail Fawaz et al., 2020, doi:10.1007/s10618-020-00710-y)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import DEPTH
from skrnn.networks.multiscale import Multiscale
from skrnn.parameters import parameter, redeclared


class Inception(Multiscale):
    """Residual blocks of three inception modules, convolutions of several lengths side by side.

    The network of InceptionTime (Ismail Fawaz et al., 2020, doi:10.1007/s10618-020-00710-y), which
    is an ensemble of five of them with ``filters=32, n_blocks=2``. The defaults here are smaller,
    since the cost on a CPU grows with the square of ``filters``. A module projects its input to
    ``filters`` features, the bottleneck, and concatenates convolutions of three lengths, and a
    projection of the maximum over three neighboring steps.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    LITE : Fewer weights, and fixed filters beside the learned ones.
    Conv : Convolutions of one length.
    TCN : Causal convolutions with growing dilation.

    Notes
    -----
    Where the paper has batch normalization, this network normalizes over the filters at each step,
    so that an output does not depend on the other sequences of a batch, nor on padding.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import SequenceClassifier, networks
    >>> X = np.random.default_rng(0).normal(size=(40, 30, 1))  # 40 sequences, 30 steps
    >>> X[::2, 9:14, 0] += [1, 2, 3, 2, 1]
    >>> y = np.where(np.arange(40) % 2, "noise", "peak")
    >>> network = networks.Inception(filters=4, kernel_size=8, n_blocks=1)
    >>> model = SequenceClassifier(network=network, epochs=30, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    filters: int = redeclared("filters", of=Multiscale, default=16)
    n_blocks: int = parameter(
        default=1, domain=DEPTH, doc="Number of residual blocks of three modules."
    )

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last block at every step."""
        from skrnn.networks import layers

        sequence = inputs
        for _ in range(self.n_blocks):
            inner = sequence
            for _ in range(3):
                inner = self._module(inner, lengths)
            shortcut = layers.Dense(inner.shape[-1], use_bias=False)(sequence)
            total = layers.Add()([layers.LayerNormalization()(shortcut), inner])
            sequence = layers.MaskPadding()(layers.Activation("relu")(total), lengths)
        return sequence

    def _module(self, sequence: Any, lengths: Any) -> Any:
        from skrnn.networks import layers

        narrow = sequence
        if sequence.shape[-1] > 1:
            narrow = layers.Dense(self.filters, use_bias=False)(sequence)
        most = layers.MaxOfNeighbors()(sequence, lengths)
        branches = [
            *self._convolutions(narrow),
            layers.Dense(self.filters, use_bias=False)(most),
        ]
        return self._activated(layers.Concatenate()(branches), lengths)
