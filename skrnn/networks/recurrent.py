"""Stacks of recurrent layers, forward or in both directions; a subclass names the layer."""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from typing import Any, Self

from skrnn._parameters import (
    BOOLEAN,
    NONE,
    fitted,
    integers,
    one_of,
    parameter,
    singles,
    tuples_of,
)
from skrnn.networks.base import DEPTH, DROPOUT, KERNEL, POOLING, WIDTH, Network


class Recurrent(Network):
    """A Conv1D front, recurrent layers with dropout between them, and a pooling."""

    units: int | tuple[int, ...] = parameter(
        default=32,
        domain=WIDTH | tuples_of(WIDTH),
        doc="Units of each recurrent layer, or a tuple with the units of one layer each.",
    )
    n_layers: int = parameter(
        default=1,
        domain=DEPTH,
        doc="Number of recurrent layers, where ``units`` is one number.",
    )
    bidirectional: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Run a second set of layers from the end of each sequence to its beginning and
        join the outputs of both (Schuster and Paliwal, 1997, doi:10.1109/78.650093).""",
    )
    dropout: float = DROPOUT
    recurrent_dropout: float = parameter(
        default=0.0,
        domain=singles(0, 1),
        doc="""Fraction of the state that training sets to zero on its way to the next step,
        with one mask for all steps of a sequence, of its own for each gate (Gal and
        Ghahramani, 2016, arXiv:1512.05287).""",
    )
    layer_norm: bool = parameter(
        default=False,
        domain=BOOLEAN,
        doc="""Normalise the outputs of each recurrent layer over its units at each step
        (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).""",
    )
    conv_filters: int | None = parameter(
        default=None,
        domain=WIDTH | NONE,
        doc="""Filters of a causal Conv1D layer in front of the recurrent ones; None for no
        such layer.""",
    )
    conv_kernel_size: int = parameter(
        default=5, domain=integers(1, KERNEL), doc="Steps that the Conv1D front sees at once."
    )
    conv_strides: int = parameter(
        default=1,
        domain=integers(1, KERNEL),
        doc="""Steps from one output of the Conv1D front to the next: it shortens sequences
        by this factor. At most ``conv_kernel_size``.""",
    )
    pooling: str = POOLING
    initial_state: str = parameter(
        default="zeros",
        domain=one_of("zeros", "learned"),
        doc="""The state before the first step of a sequence: "zeros", or "learned" with the other
        weights, of each layer and direction its own, zero at the start of training.""",
    )
    _pieces: tuple[Any, int] = fitted()

    @abstractmethod
    def layer(self, units: int) -> Any:
        """Return a Keras layer that maps sequences to sequences of ``units`` features."""

    def encode(self, inputs: Any, lengths: Any) -> Any:
        """Return the pooled outputs of the last recurrent layer."""
        from skrnn.networks import layers

        sequence, lengths = self._layers(inputs, lengths)
        features = layers.pool(self.pooling, sequence, lengths, both_ends=self.bidirectional)
        return layers.Dropout()(features) if self.dropout else features

    @property
    def looks_ahead(self) -> bool:
        """Tell whether the network reads backwards as well."""
        return self.bidirectional

    def carrying(self, begins: Any, n_rows: int) -> Self:
        """Return the network as it is built to learn from pieces of sequences, one by one."""
        if self.bidirectional:
            return super().carrying(begins, n_rows)
        if self.conv_filters is not None:
            raise ValueError(
                f"conv_filters={self.conv_filters} puts a convolution in front that looks back "
                "over the border of two pieces, which bptt_length keeps apart; give "
                "conv_filters=None, or chunk_length."
            )
        network = copy.copy(self)
        network._pieces = begins, n_rows
        return network

    def steps(self, inputs: Any, lengths: Any) -> Any:
        """Return the outputs of the last recurrent layer at every step."""
        from skrnn.networks import layers

        if self.conv_filters is not None and self.conv_strides > 1:
            raise ValueError(
                f"conv_strides={self.conv_strides} shortens sequences, so that there are no "
                "features at each of their steps; give conv_strides=1."
            )
        sequence, _ = self._layers(inputs, lengths)
        return layers.Dropout()(sequence) if self.dropout else sequence

    def _layers(self, sequence: Any, lengths: Any) -> tuple[Any, Any]:
        """Return the outputs of the last recurrent layer, and how many are those of a sequence."""
        from skrnn.networks import layers

        if self.conv_filters is not None:
            sequence, lengths = layers.convolution_front(
                sequence, lengths, self.conv_filters, self.conv_kernel_size, self.conv_strides
            )
        for depth, units in enumerate(self.layer_units()):
            if depth and self.dropout:
                sequence = layers.Dropout()(sequence)
            sequence = self._direction(sequence, lengths, units)
            if self.layer_norm:
                sequence = layers.LayerNormalization()(sequence)
        return sequence, lengths

    def _direction(self, sequence: Any, lengths: Any, units: int) -> Any:
        """Return one layer's outputs, joined with those of its twin that reads backwards."""
        from skrnn.networks import layers

        forward = self._run(sequence, units)
        if not self.bidirectional:
            return forward
        reverse = layers.Reverse()
        backward = reverse(self._run(reverse(sequence, lengths), units), lengths)
        return layers.Concatenate()([forward, backward])

    def _check_together(self) -> None:
        """Warn where a number of layers is given twice."""
        super()._check_together()
        if isinstance(self.units, tuple | list) and self.n_layers not in (1, len(self.units)):
            warnings.warn(
                f"units={self.units!r} gives the units of {len(self.units)} layers, so that "
                f"n_layers={self.n_layers} is ignored; leave it out.",
                stacklevel=2,
            )

    def _run(self, sequence: Any, units: int) -> Any:
        """Return the outputs of a new layer, from the states that it is to begin with."""
        from skrnn.networks import layers

        layer = self.layer(units)
        start = []
        if self.initial_state == "learned":
            start = [layers.InitialState(n)(sequence) for n in layer.state_size]
        if "_pieces" in vars(self):
            begins, n_rows = self._pieces
            return layers.Carried(layer, n_rows)(sequence, begins, *start)
        return layer(sequence, initial_state=start or None)

    def layer_units(self) -> tuple[int, ...]:
        """Return the units of each layer."""
        return self.units if isinstance(self.units, tuple) else (self.units,) * self.n_layers
