"""Base class of recurrent networks whose gate biases are initialized by time scale."""

from __future__ import annotations

from typing import Any, ClassVar

from skrnn.networks.recurrent import Recurrent
from skrnn.parameters import integers, one_of, parameter

#: Up to this length, MinGRU learned better from biases of zero, on held-out data.
SHORT = 32
#: Longest time scale that is chosen without a setting, in steps.
LONGEST = 1024


def automatic_time_scale(network: Recurrent, n_steps: int) -> int:
    """Return the power of two that covers the steps which a layer reads, or 2 if they are few."""
    if network.conv_filters is not None:
        n_steps //= int(network.conv_strides)
    return 2 if n_steps <= SHORT else min(1 << (n_steps - 1).bit_length(), LONGEST)


class TimeScaled(Recurrent):
    """Base class of recurrent networks whose gate biases are initialized by time scale.

    Attributes
    ----------
    layer_name : str
        Name of the Keras layer in `skrnn.networks.layers`.
    """

    layer_name: ClassVar[str]

    time_scale: int | str = parameter(
        default="auto",
        domain=integers(2, 2**16) | one_of("auto"),
        doc="""Longest time scale of the update gates of `MinGRU`, or the forget gates of `SLSTM`,
        before training, in steps. The gates of a layer start with time scales evenly spaced on a
        log scale from 2 steps to this one (after Tallec and Ollivier, 2018, arXiv:1804.11188), so
        that distant steps have gradients. 2 starts with biases of zero. "auto" is 2 for training
        sequences of up to 32 steps, else the length of the longest one, rounded up to a power of
        two, at most 1,024.""",
    )

    automatic = Recurrent.automatic | {"time_scale": automatic_time_scale}

    def layer(self, units: int) -> Any:
        """Return the Keras layer, which computes with the precision of its weights.

        With 16 bits, changes below a hundredth of a state are lost, and long time scales with them.
        """
        from keras import config

        from skrnn.networks import layers

        # Without a seed, PyTorch would draw from its global generator.
        return getattr(layers, self.layer_name)(
            units,
            recurrent_dropout=self.recurrent_dropout,
            seed=0,
            time_scale=2 if isinstance(self.time_scale, str) else self.time_scale,
            return_sequences=True,
            dtype=config.dtype_policy().variable_dtype,
        )
