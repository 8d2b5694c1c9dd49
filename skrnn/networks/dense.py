"""Multilayer perceptron on the flattened sequence, a baseline."""

from __future__ import annotations

from typing import Any

from skrnn.networks.base import DROPOUT, WIDTH, Network
from skrnn.parameters import parameter, tuples_of


class Dense(Network):
    """Multilayer perceptron with ReLU on flattened sequences of one length.

    Parameters
    ----------
    {parameters}

    See Also
    --------
    Conv, GRU : Networks for sequences of any length.
    """

    needs_fixed_length = True
    keeps_missing_steps = True

    units: int | tuple[int, ...] = parameter(
        default=(32,),
        domain=WIDTH | tuples_of(WIDTH),
        doc="Units of each dense layer; an int makes one layer.",
    )
    dropout: float = DROPOUT

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last dense layer."""
        from skrnn.networks import layers

        features = layers.Flatten()(inputs)
        for units in self.units if isinstance(self.units, tuple) else (self.units,):
            features = layers.Dense(units, activation="relu")(features)
            if self.dropout:
                features = layers.Dropout()(features)
        return features
