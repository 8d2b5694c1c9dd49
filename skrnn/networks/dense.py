"""A multilayer perceptron on the flattened sequence: what a sequence model has to beat."""

from __future__ import annotations

from typing import Any

from skrnn._parameters import parameter, tuples_of
from skrnn.networks.base import DROPOUT, WIDTH, Network


class Dense(Network):
    """Rectified dense layers on the flattened sequence; all sequences of one length.

    Parameters
    ----------
    {parameters}
    """

    needs_fixed_length = True
    keeps_missing_steps = True

    units: int | tuple[int, ...] = parameter(
        default=(32,),
        domain=WIDTH | tuples_of(WIDTH),
        doc="Units of each dense layer, one number for each layer.",
    )
    dropout: float = DROPOUT

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last dense layer."""
        from skrnn.networks import layers

        del lengths
        features = layers.Flatten()(inputs)
        for units in self.units if isinstance(self.units, tuple) else (self.units,):
            features = layers.Dense(units, activation="relu")(features)
            if self.dropout:
                features = layers.Dropout()(features)
        return features
