"""Base class of recurrent networks whose gates start with time scales."""

from __future__ import annotations

from skrnn.networks.recurrent import Recurrent
from skrnn.parameters import integers, one_of, parameter

#: Sequences of up to so many steps were learned better from biases of zero, on held-out data.
SHORT = 32
#: Longest time scale that is chosen without a setting, in steps.
LONGEST = 1024


def automatic_time_scale(network: Recurrent, n_steps: int) -> int:
    """Return the power of two that covers the steps which a layer reads, or 2 if they are few."""
    if network.conv_filters is not None:
        n_steps //= int(network.conv_strides)
    return 2 if n_steps <= SHORT else min(1 << (n_steps - 1).bit_length(), LONGEST)


class TimeScaled(Recurrent):
    """Base class of recurrent networks whose gates start with time scales."""

    time_scale: int | str = parameter(
        default="auto",
        domain=integers(2, 2**16) | one_of("auto"),
        doc="""Longest time scale of the gates before training, in steps. The gates of a
        layer start with time scales evenly spaced on a log scale from 2 steps to this one (after
        Tallec and Ollivier, 2018, arXiv:1804.11188), so that distant steps have gradients. 2
        starts with biases of zero. "auto" is 2 for training sequences of up to 32 steps, else the
        length of the longest one, rounded up to a power of two, at most 1,024.""",
    )

    automatic = Recurrent.automatic | {"time_scale": automatic_time_scale}

    def resolved_time_scale(self) -> int:
        """Return the time scale in steps, 2 for one that is not resolved."""
        return 2 if isinstance(self.time_scale, str) else self.time_scale
