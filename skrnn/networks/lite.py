"""LITE (Ismail-Fawaz et al., 2023, doi:10.1109/DSAA60987.2023.10302569)."""

from __future__ import annotations

from typing import Any

from skrnn.networks.multiscale import Multiscale


class LITE(Multiscale):
    """Fixed and learned filters of several lengths, and two depthwise separable convolutions.

    LITE, light inception with boosting techniques (Ismail-Fawaz et al., 2023,
    doi:10.1109/DSAA60987.2023.10302569). The first layer has convolutions of three lengths, and 17
    fixed filters that respond to rises, falls and peaks of the sum of the features
    (Ismail-Fawaz et al., 2022, doi:10.1109/BigData55660.2022.10020496). Two depthwise separable
    convolutions follow, with dilations 2 and 4.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    Inception : More convolutions of several lengths, with residual connections.
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
    >>> network = networks.LITE(filters=8, kernel_size=8)
    >>> model = SequenceClassifier(network=network, epochs=30, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.8)
    True
    """

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last convolution at every step."""
        from skrnn.networks import layers

        branches = [*self._convolutions(inputs), layers.ShapeFilters()(inputs)]
        sequence = self._activated(layers.Concatenate()(branches), lengths)
        for dilation, size in zip((2, 4), self._sizes()[1:], strict=True):
            sequence = layers.DepthwiseConv1D(
                size, padding="same", dilation_rate=dilation, use_bias=False
            )(sequence)
            sequence = layers.Dense(self.filters, use_bias=False)(sequence)
            sequence = self._activated(sequence, lengths)
        return sequence
